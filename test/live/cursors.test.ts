// Query, then subscribe at its cursor: nothing is missed and nothing told twice, whoever writes, whatever breaks.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { byClients, changeLabels } from '../support/labels.ts';
import { createRandom } from '../support/random.ts';
import { type System, startSystem } from '../support/system.ts';
import { transports } from '../support/transports.ts';
import { until } from '../support/until.ts';

const random = createRandom();
console.log(`SKEP_TEST_SEED=${random.seed}`);

type Event = {
  cursor: string;
  node: { id: string; labels: { key: string; value: string }[] };
  changes: { path: string; old: unknown; new: unknown }[];
};
type Labels = Map<string, string>;

const nodeChanged =
  'subscription($after: String) { nodeChanged(after: $after) { cursor node { id labels { key value } } changes { path old new } } }';
const keys = ['zone', 'tier', 'disk', 'with-dash'];

const labelsOf = (node: Event['node']): Labels => new Map(node.labels.map(({ key, value }) => [key, value]));

/** What the events make of a state, change by change. @throws Error when a change does not fit what was there. */
const replay = (state: ReadonlyMap<string, Labels>, events: readonly Event[]): Map<string, Labels> => {
  const now = new Map([...state].map(([id, labels]) => [id, new Map(labels)]));
  for (const { node, changes } of events)
    for (const change of changes) {
      const [, key] = /^labels\.(.+)$/.exec(change.path) ?? [];
      const labels = now.get(node.id);
      if (key === undefined || !labels) continue;
      expect(labels.get(key) ?? null).toBe(change.old);
      if (change.new === null) labels.delete(key);
      else labels.set(key, String(change.new));
    }
  return now;
};

describe(`event cursors, on ${enginesNote}`, () => {
  let system: System;
  let cluster: string;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    cluster = await system.formSwarm();
  });
  afterAll(() => system?.stop());

  const query = async (): Promise<{ cursor: string; state: Map<string, Labels> }> => {
    const { nodes } = await system.ask(
      '{ nodes { eventCursor edges { node { id labels { key value } } } } }',
    );
    return {
      cursor: nodes.eventCursor,
      state: new Map(nodes.edges.map(({ node }: { node: Event['node'] }) => [node.id, labelsOf(node)])),
    };
  };

  /** Label changes by four clients at once, on the same nodes and keys. */
  const write = async (count: number): Promise<void> => {
    const ids = [...(await query()).state.keys()];
    await byClients(4, count, async (number) => {
      const nodes = random.below(3) === 0 ? ids : [random.pick(ids)];
      const key = random.pick(keys);
      if (random.below(4) === 0) await changeLabels(system.ask, { cluster, nodes, remove: [key] });
      else await changeLabels(system.ask, { cluster, nodes, set: [{ key, value: `v${number}` }] });
    });
  };

  /** An event that ends what was written, and that no filter of time can hide. */
  const finish = async (value: string): Promise<void> => {
    const [id = ''] = (await query()).state.keys();
    await changeLabels(system.ask, { cluster, nodes: [id], set: [{ key: 'finish', value }] });
  };
  const isFinish =
    (value: string) =>
    ({ changes }: Record<string, any>): boolean =>
      changes.some(
        (change: Event['changes'][number]) => change.path === 'labels.finish' && change.new === value,
      );

  it('lets each query go on as a subscription that leads to the final state', {
    timeout: 120_000,
  }, async () => {
    const start = await query();
    const reference = at(transports, 0).listen(system, nodeChanged, { after: start.cursor });
    const followers: { state: Map<string, Labels>; events: Event[]; stop(): void }[] = [];
    let writing = true;
    const writers = write(60).finally(() => {
      writing = false;
    });
    while (writing && followers.length < 16) {
      const { cursor, state } = await query();
      const { received, stop } = random.pick(transports).listen(system, nodeChanged, { after: cursor });
      followers.push({ state, events: received as Event[], stop });
      await reference.next((event) => !reference.received.slice(0, -1).includes(event), 'some event');
    }
    await writers;
    await finish('first');
    await reference.next(isFinish('first'), 'the last change', 30_000);
    const final = await query();
    const whole = (reference.received as Event[]).map(({ cursor }) => cursor);
    expect(new Set(whole).size).toBe(whole.length);
    expect(replay(start.state, reference.received as Event[])).toEqual(final.state);
    for (const { state, events, stop } of followers) {
      await until(() => events.some(isFinish('first')), 'the last change reaches a follower');
      expect(events.map(({ cursor }) => cursor)).toEqual(whole.slice(-events.length));
      expect(replay(state, events)).toEqual(final.state);
      stop();
    }
    expect(followers.length).toBeGreaterThan(2);
    reference.stop();
  });

  it.each(transports)(
    'tells a subscriber that is cut and resumes over $transport what it tells one that is not',
    { timeout: 120_000 },
    async ({ transport, listen }) => {
      const { cursor } = await query();
      const steady = listen(system, nodeChanged, { after: cursor });
      const resumed: Event[] = [];
      let cuts = 0;
      let writing = true;
      const follow = async (): Promise<void> => {
        for (;;) {
          const patience = 1 + random.below(8);
          const after = resumed.at(-1)?.cursor ?? cursor;
          const cut = listen(system, nodeChanged, { after });
          await until(() => cut.received.length >= patience || !writing, 'events to cut after', 60_000);
          if (!writing) await cut.next(isFinish(transport), 'the last change', 30_000);
          resumed.push(...(cut.received as Event[]));
          cut.stop();
          if (resumed.some(isFinish(transport))) return;
          cuts += 1;
        }
      };
      const following = follow();
      await write(40);
      await finish(transport);
      writing = false;
      await Promise.all([following, steady.next(isFinish(transport), 'the last change', 30_000)]);
      const sequence = (steady.received as Event[]).map((event) => event.cursor);
      expect(resumed.map((event) => event.cursor)).toEqual(sequence);
      expect(resumed).toEqual(steady.received);
      expect(new Set(sequence).size).toBe(sequence.length);
      expect(cuts).toBeGreaterThan(1);
      steady.stop();
    },
  );
});
