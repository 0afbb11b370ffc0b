// The load of a soak: what frontends, scripts, operators, agents and strangers do, each at a rate that is bounded.
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { post } from '../../lab/client.ts';
import type { System } from '../../test/support/system.ts';

export type Counts = {
  queries: number;
  refusals: number;
  subscriptions: number;
  changes: number;
  reconnects: number;
};

export type SoakLoad = {
  /** Fills the caches that have a limit, so that filling them is no growth. */
  fill(): Promise<void>;
  begin(): void;
  end(): Promise<void>;
  counts(): Counts;
  /** What nobody expected, by its words, and how often. */
  errors(): [string, number][];
};

const nodesQuery =
  '{ nodes(first: 100) { totalCount edges { node { id hostname role status { state } labels { key value } } } } }';
const topics = ['nodeChanged', 'hostChanged', 'clusterChanged', 'operationChanged', 'auditRecorded'];
const mostSockets = 30;

export const createSoakLoad = (system: System): SoakLoad => {
  const { server, ask } = system;
  const counts: Counts = { queries: 0, refusals: 0, subscriptions: 0, changes: 0, reconnects: 0 };
  const errors = new Map<string, number>();
  const stopping = new AbortController();
  const running: Promise<void>[] = [];
  const sockets: WebSocket[] = [];
  const slow: Socket[] = [];
  let step = 0;

  const fails = (error: unknown): void => {
    const words = (error instanceof Error ? error.message : String(error)).slice(0, 200);
    if (errors.size < 50 || errors.has(words)) errors.set(words, (errors.get(words) ?? 0) + 1);
  };
  /** Again and again, at most once in so long; one at a time. */
  const each = (everyMs: number, work: (turn: number) => Promise<void>): void => {
    const loop = async (): Promise<void> => {
      for (let turn = 0; !stopping.signal.aborted; turn += 1) {
        const next = performance.now() + everyMs;
        await work(turn).catch(fails);
        await delay(Math.max(0, next - performance.now()), undefined, { signal: stopping.signal }).catch(
          () => undefined,
        );
      }
    };
    running.push(loop());
  };

  const query = async (text: string): Promise<void> => {
    await ask(text);
    counts.queries += 1;
  };
  const label = async (turn: number): Promise<void> => {
    const { nodes } = await ask('{ nodes(first: 100) { edges { node { id } } } }');
    const id = nodes.edges[turn % nodes.edges.length]?.node.id;
    const { updateNodeLabels } = await ask(
      `mutation { updateNodeLabels(input: { nodes: ["${id}"], set: [{ key: "soak", value: "${turn}" }] }) { state failure { code } } }`,
    );
    if (updateNodeLabels.state !== 'SUCCEEDED')
      throw new Error(`labels: ${JSON.stringify(updateNodeLabels)}`);
    counts.changes += 1;
  };
  const drain = async (turn: number): Promise<void> => {
    const { nodes } = await ask('{ nodes(first: 100, filter: { role: WORKER }) { edges { node { id } } } }');
    const id = nodes.edges[turn % nodes.edges.length]?.node.id;
    for (const change of [
      `drainNodes(input: { nodes: ["${id}"] })`,
      `setNodeAvailability(input: { nodes: ["${id}"], availability: ACTIVE })`,
    ]) {
      await ask(`mutation { ${change} { state } }`);
      counts.changes += 1;
    }
  };
  /** As a stranger and a bad client do. */
  const refused = async (turn: number): Promise<void> => {
    const ways: [key: string | null, text: string][] = [
      [null, '{ __typename }'],
      [`skep_key_soak${String(turn % 1_000).padStart(4, '0')}_${'x'.repeat(43)}`, '{ __typename }'],
      [server.adminKey, `{ unknown${turn} }`],
      [server.adminKey, '{ nodes('],
      [server.adminKey, `{ node(ref: "none-${turn}") { id } nodes(first: 100000) { totalCount } }`],
      [server.adminKey, `mutation { renameHost(input: { id: "none-${turn}", name: "x" }) { state } }`],
    ];
    const [key, text] = ways[turn % ways.length] ?? [null, ''];
    await post(server.url, key, text);
    counts.refusals += 1;
  };
  const openAndClose = async (turn: number): Promise<void> => {
    const socket = new WebSocket(server.socketUrl, 'graphql-transport-ws').on('error', () => undefined);
    const say = (message: object): void => socket.send(JSON.stringify(message));
    socket.once('open', () => say({ type: 'connection_init', payload: { authorization: server.adminKey } }));
    socket.once('message', () => {
      for (const topic of [topics[turn % 5], topics[(turn + 1) % 5]])
        say({
          id: String(topic),
          type: 'subscribe',
          payload: { query: `subscription { ${topic} { cursor } }` },
        });
      counts.subscriptions += 2;
    });
    sockets.push(socket);
    // Half of them leave as a browser tab does.
    const oldest = sockets.length > mostSockets ? sockets.shift() : undefined;
    if (turn % 2 === 0) oldest?.terminate();
    else oldest?.close(1000);
  };
  /** Subscribes by SSE and reads nothing. */
  const readNothing = async (): Promise<void> => {
    const { hostname, port } = new URL(server.url);
    const body = JSON.stringify({
      query: 'subscription { auditRecorded { cursor record { input changes { path old new } } } }',
    });
    const socket = connectTcp(Number(port), hostname);
    socket.on('error', () => undefined).pause();
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: soak\r\nAuthorization: Bearer ${server.adminKey}\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    slow.push(socket);
    if (slow.length > 5) slow.shift()?.destroy();
  };
  const reconnect = async (turn: number): Promise<void> => {
    const late = system.members.slice(-Math.ceil(system.members.length / 3));
    const agent = late[turn % late.length]?.agent;
    if (turn % 2 === 0) await agent?.kill9();
    else await agent?.stop();
    await agent?.start();
    counts.reconnects += 1;
  };

  return {
    fill: async () => {
      // Longer than any that the load sends, so that these are what is left of the cache's room.
      for (let n = 0; n < 64; n += 1)
        await query(
          `{ __typename ${Array.from({ length: 19 }, (_, i) => `f${n}_${i}: __typename`).join(' ')} #${'x'.repeat(7_000)}\n}`,
        );
      for (let n = 0; n < 150; n += 1) await label(n);
    },
    begin: () => {
      each(200, () => query(nodesQuery));
      each(500, () => {
        step += 1;
        return query(
          `{ n${step % 5_000}: nodes(first: ${1 + (step % 100)}) { edges { node { hostname } } } hosts(first: 5) { totalCount } }`,
        );
      });
      each(1_000, () =>
        query(
          '{ clusters { name state quorum { tolerates } reminders { code } cleanup { advice } } operations(first: 20) { edges { node { state steps { name } } } } }',
        ),
      );
      each(5_000, () => query('{ verifyAudit { ok } auditLog(first: 50) { edges { node { hash } } } }'));
      each(500, refused);
      each(700, openAndClose);
      each(20_000, readNothing);
      each(1_500, label);
      each(10_000, drain);
      each(15_000, reconnect);
    },
    end: async () => {
      stopping.abort();
      for (const socket of sockets) socket.terminate();
      for (const socket of slow) socket.destroy();
      await Promise.all(running);
    },
    counts: () => ({ ...counts }),
    errors: () => [...errors],
  };
};
