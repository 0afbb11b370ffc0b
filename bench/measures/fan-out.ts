// One event to many subscribers over graphql-ws, against the same bytes by ws alone, and against graphql-ws as it comes.
// Ours comes of a mutation, less what such a mutation costs when nobody is told of it.
import { type Ask, createAsk } from '../../lab/client.ts';
import { startAudience } from '../audience.ts';
import { cpuMsDuring } from '../cpu.ts';
import type { Context, Measure, Sample } from '../measure.ts';
import { startPeer } from '../peer.ts';
import { alternate } from '../rounds.ts';
import { startBenchServer } from '../server.ts';

const query =
  'subscription($filter: AuditFilter) { auditRecorded(filter: $filter) { cursor record { seq at phase action outcome actor { kind id name } reason operationId hash } } }';
const createKey =
  'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { key apiKey { id } } }';
/** Changes of a round, one after the other. */
const changes = 20;

type Side = () => Promise<number>;

/** µs of CPU a subscriber and change, of a server that tells its audience when `publish` is called. */
const side =
  (
    pid: number,
    subscribers: number,
    hears: (frames: number, work: () => Promise<void>) => Promise<string>,
    publish: () => Promise<void>,
  ): Side =>
  async () => {
    const ms = await cpuMsDuring(pid, async () => {
      for (let change = 0; change < changes; change += 1) await hears(subscribers, publish);
    });
    return (ms * 1_000) / (changes * subscribers);
  };

const startOurs = async (context: Context, subscribers: number): Promise<{ cost: Side; sample: string }> => {
  const server = await startBenchServer(context, {
    nodes: 1,
    env: { SKEP_SOCKETS: '20000', SKEP_SOCKETS_PER_ADDRESS: '20000' },
  });
  const keys = [];
  for (const name of ['told', 'untold']) {
    const input = { name, role: 'ADMIN' };
    keys.push((await server.ask(createKey, { input })).createApiKey);
  }
  const [told, untold] = keys.map(({ apiKey, key }) => ({
    id: apiKey.id,
    ask: createAsk(() => server.url, key),
  }));
  if (!told || !untold) throw new Error('no keys');
  const { hears } = await startAudience(context, {
    url: server.socketUrl,
    count: subscribers,
    graphql: { key: server.adminKey, query, variables: { filter: { actor: told.id, phase: ['OUTCOME'] } } },
  });
  /** Refused, and on record: a change in the history, with nothing of engines in what it costs. */
  const change = async (ask: Ask): Promise<void> =>
    void (await ask('mutation { cancelOperation(input: { id: "none", reason: "fan-out" }) { state } }'));
  await change(untold.ask);
  const sample = await hears(subscribers, () => change(told.ask));
  const all = side(server.pid, subscribers, hears, () => change(told.ask));
  const none = side(
    server.pid,
    subscribers,
    async (_, work) => {
      await work();
      return '';
    },
    () => change(untold.ask),
  );
  return {
    sample,
    cost: async () => {
      const [total, silent] = [await all(), await none()];
      context.log(`${subscribers}: ${total.toFixed(2)} µs, of which ${silent.toFixed(2)} with nobody told`);
      return total - silent;
    },
  };
};

const startPeerSide = async (
  context: Context,
  name: 'broadcast' | 'graphql-ws-default',
  input: unknown,
  subscribers: number,
): Promise<Side> => {
  const { pid, port } = await startPeer(context, name, input);
  const { hears } = await startAudience(context, {
    url: `ws://127.0.0.1:${port}/graphql`,
    count: subscribers,
    graphql: name === 'broadcast' ? null : { key: '', query, variables: {} },
  });
  const publish = async (): Promise<void> =>
    void (await (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' })).text());
  await hears(subscribers, publish);
  return side(pid, subscribers, hears, publish);
};

const fanOut = (count: number, withDefault: boolean): Measure => ({
  rows: [
    {
      id: `fanOut${count}`,
      what: `One event to ${count} subscribers of one document, against ws.send of the same bytes`,
      unit: 'µs CPU/subscriber',
      compare: 'ratio',
      goal: 1.2,
    },
    ...(withDefault
      ? [
          {
            id: 'fanOutDefault',
            what: `One event to ${count} subscribers of one document, against graphql-ws as it comes`,
            unit: 'µs CPU/subscriber',
            compare: 'ratio' as const,
            goal: 0.25,
          },
        ]
      : []),
  ],
  run: async (context) => {
    const subscribers = context.short ? 20 : count;
    const { cost: ours, sample } = await startOurs(context, subscribers);
    const reference = await startPeerSide(context, 'broadcast', { text: sample }, subscribers);
    const event = JSON.parse(sample).payload.data.auditRecorded;
    const byDefault = withDefault
      ? await startPeerSide(context, 'graphql-ws-default', { field: 'auditRecorded', event }, subscribers)
      : null;
    // Once for the compiler's sake.
    if (!context.short) await alternate(1, { ours, reference });
    if (!context.short && byDefault) await byDefault();
    const rounds = await alternate(context.rounds, {
      ours,
      reference: async () => ({ bare: await reference(), byDefault: (await byDefault?.()) ?? 0 }),
    });
    const against = (peer: 'bare' | 'byDefault'): Sample[] =>
      rounds.map((round) => ({ ours: round.ours, reference: round.reference[peer] }));
    return {
      [`fanOut${count}`]: against('bare'),
      ...(byDefault ? { fanOutDefault: against('byDefault') } : {}),
    };
  },
});

export const fanOut1000: Measure = fanOut(1_000, true);
export const fanOut5000: Measure = fanOut(5_000, false);
