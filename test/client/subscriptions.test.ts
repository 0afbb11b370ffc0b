// The client's subscriptions: each event once and in order, over every break of the line.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createSkepClient, type SkepClient, SkepError } from '../../client/client.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const nodeChanged =
  'subscription ($after: String) { nodeChanged(after: $after) { cursor changes { path new } } }';
type NodeChanged = { nodeChanged: { cursor: string; changes: { path: string; new: string }[] } };
type Events = AsyncIterableIterator<NodeChanged>;

const dialled: string[] = [];
let closed = 0;
/** Counts. */
class CountedSocket extends WebSocket {
  constructor(url: string, protocols: string) {
    super(url, protocols);
    dialled.push(url);
    this.once('close', () => {
      closed += 1;
    });
  }
}

describe('subscriptions of the client', () => {
  let system: System;
  let relay: Relay;
  let client: SkepClient;
  let node: string;
  beforeAll(async () => {
    system = await startSystem({
      engines: { kind: 'simulated', version: '20.10', speed: 10 },
      hosts: 1,
    });
    await system.formSwarm();
    node = system.members[0]?.host.hostname ?? '';
    relay = await startRelay(Number(new URL(system.server.url).port));
    client = connect();
  });
  afterAll(async () => {
    await client?.close();
    await relay?.close();
    await system?.stop();
  });

  const connect = (options: Partial<Parameters<typeof createSkepClient>[0]> = {}): SkepClient =>
    createSkepClient({
      url: `http://127.0.0.1:${relay.port}`,
      key: system.server.adminKey,
      webSocket: CountedSocket,
      ...options,
    });
  const cursor = async (): Promise<string> => (await system.ask('{ eventCursor }')).eventCursor;
  /** Refused as long as the agent is not back after a restart. */
  const label = async (value: string): Promise<void> => {
    const query = `mutation ($input: UpdateNodeLabelsInput!) {
      updateNodeLabels(input: $input) { state failure { code } }
    }`;
    const input = { nodes: [node], set: [{ key: 'count', value }] };
    await until(
      async () => (await system.ask(query, { input })).updateNodeLabels.state === 'SUCCEEDED',
      `the label ${value} is set`,
    );
  };
  const take = async (events: Events, count: number): Promise<string[]> => {
    const taken: string[] = [];
    while (taken.length < count) {
      const { value } = await events.next();
      taken.push(...(value as NodeChanged).nodeChanged.changes.map((change) => change.new));
    }
    return taken;
  };
  const refusal = async (events: Events): Promise<unknown> => events.next().catch((error: unknown) => error);

  it.each([
    ['without $after', 'subscription { nodeChanged { cursor } }', /does not take after: \$after/],
    [
      'without a cursor',
      'subscription ($after: String) { nodeChanged(after: $after) { kind } }',
      /does not select cursor/,
    ],
    ['that asks', '{ eventCursor }', /is not one subscription/],
    ['that is none', 'subscription {', /is not GraphQL/],
  ])('refuses a document %s at once', (_, document, message) => {
    expect(() => client.subscribe(document)).toThrow(message);
    expect(() => client.subscribe(document)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });

  it('throws what the server refuses: an old cursor, a wrong one, a field that is not there', async () => {
    const other = Buffer.from('another:1').toString('base64url');
    expect(await refusal(client.subscribe(nodeChanged, {}, { after: other }))).toMatchObject({
      name: 'SkepError',
      code: 'CURSOR_TOO_OLD',
      hint: 'query again',
    });
    expect(await refusal(client.subscribe(nodeChanged, { after: 'none' }))).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    const unknown = 'subscription ($after: String) { nodeChanged(after: $after) { cursor colour } }';
    expect(await refusal(client.subscribe(unknown))).toBeInstanceOf(SkepError);
  });

  it('throws UNAUTHENTICATED for a key that is not valid, and for one that ends', async () => {
    const nobody = connect({ key: `skep_key_${'0'.repeat(8)}_${'A'.repeat(43)}` });
    for (const after of [undefined, await cursor()])
      expect(await refusal(nobody.subscribe(nodeChanged, {}, { after }))).toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    const { createApiKey } = await system.ask(
      'mutation { createApiKey(input: { name: "ends", role: VIEWER }) { key apiKey { id } } }',
    );
    const ending = connect({ key: createApiKey.key });
    const lines: boolean[] = [];
    const told = refusal(ending.subscribe(nodeChanged, {}, { onLine: (up) => lines.push(up) }));
    await until(() => lines.includes(true), 'the line is up');
    await system.ask('mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { state } }', {
      id: createApiKey.apiKey.id,
    });
    expect(await told).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('throws what the function that gives the key throws', async () => {
    const failing = connect({ key: () => Promise.reject(new Error('the vault is closed')) });
    for (const after of [undefined, await cursor()])
      expect(await refusal(failing.subscribe(nodeChanged, {}, { after }))).toEqual(
        new Error('the vault is closed'),
      );
  });

  it('goes on after the line was cut, with each event once', async () => {
    const lines: boolean[] = [];
    const events = client.subscribe<NodeChanged>(nodeChanged, {}, { onLine: (up) => lines.push(up) });
    await until(() => lines.includes(true), 'the line is up');
    await label('1');
    expect(await take(events, 1)).toEqual(['1']);
    relay.cut();
    await label('2');
    await label('3');
    relay.heal();
    expect(await take(events, 2)).toEqual(['2', '3']);
    await label('4');
    expect(await take(events, 1)).toEqual(['4']);
    expect(lines).toEqual([true, false, true]);
    await events.return?.();
  });

  it('misses nothing when the line breaks before the first event', async () => {
    const lines: boolean[] = [];
    const events = client.subscribe<NodeChanged>(nodeChanged, {}, { onLine: (up) => lines.push(up) });
    await until(() => lines.includes(true), 'the line is up');
    relay.cut();
    await label('missed by the line');
    relay.heal();
    expect(await take(events, 1)).toEqual(['missed by the line']);
    await events.return?.();
  });

  it('leaves a line that is silent, and tells nothing twice of what it held', async () => {
    const lines: boolean[] = [];
    const pinging = connect({ pingMs: 200 });
    const events = pinging.subscribe<NodeChanged>(nodeChanged, {}, { onLine: (up) => lines.push(up) });
    await until(() => lines.includes(true), 'the line is up');
    relay.freeze();
    await label('held');
    expect(await take(events, 1)).toEqual(['held']);
    relay.thaw();
    await label('after');
    expect(await take(events, 1)).toEqual(['after']);
    expect(lines).toEqual([true, false, true]);
    await pinging.close();
  });

  it('begins when the server comes, and goes on after it was killed and after it was stopped', async () => {
    relay.cut();
    const lines: boolean[] = [];
    const events = client.subscribe<NodeChanged>(nodeChanged, {}, { onLine: (up) => lines.push(up) });
    await until(() => lines.includes(false), 'the line is away');
    relay.heal();
    await until(() => lines.includes(true), 'the line is up');
    await label('a');
    await system.server.kill9();
    await system.server.start();
    await label('b');
    await system.server.stop();
    await system.server.start();
    await label('c');
    expect(await take(events, 3)).toEqual(['a', 'b', 'c']);
    await events.return?.();
  });

  it('has one socket for many, and closes it after the last', async () => {
    dialled.length = 0;
    closed = 0;
    const after = await cursor();
    const many = Array.from({ length: 20 }, () => client.subscribe<NodeChanged>(nodeChanged, {}, { after }));
    await label('for all');
    for (const events of many) expect(await take(events, 1)).toEqual(['for all']);
    expect(dialled).toEqual([`ws://127.0.0.1:${relay.port}/graphql`]);
    for (const events of many) await events.return?.();
    await until(() => closed === 1, 'the socket is closed');
  });

  it('does not ask for more than is taken, and loses none of it', async () => {
    const slow = connect({ mostKept: 2 });
    const after = await cursor();
    const events = slow.subscribe<NodeChanged>(nodeChanged, {}, { after });
    const values = Array.from({ length: 7 }, (_, number) => `slow ${number}`);
    for (const value of values) await label(value);
    expect(await take(events, 7)).toEqual(values);
    await slow.close();
  });

  it('ends by its signal, by return() and by close(), also while it waits', async () => {
    const stop = new AbortController();
    const after = await cursor();
    const events = client.subscribe(nodeChanged, {}, { after, signal: stop.signal });
    const waiting = events.next();
    stop.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });

    const returned = client.subscribe(nodeChanged, {}, { after });
    const also = returned.next();
    await returned.return?.();
    expect(await also).toEqual({ done: true, value: undefined });

    const closing = connect();
    const last = closing.subscribe(nodeChanged, {}, { after }).next();
    await closing.close();
    expect(await last).toEqual({ done: true, value: undefined });
    expect(await client.subscribe(nodeChanged, {}, { signal: AbortSignal.abort() }).next()).toMatchObject({
      done: true,
    });
  });
});
