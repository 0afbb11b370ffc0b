// How often: wrong keys by address and by key, mutations and revealed secrets by caller. The right key is always taken.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAsk } from '../../lab/client.ts';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { createTake, sourceKey } from '../../server/access/attempts.ts';
import { byClients } from '../support/labels.ts';
import { until } from '../support/until.ts';
import { openSocket, send } from './raw.ts';
import { ways } from './ways.ts';

const dirs: string[] = [];
const servers: ServerProcess[] = [];
const start = async (env: NodeJS.ProcessEnv): Promise<ServerProcess> => {
  const dir = mkdtempSync(join(tmpdir(), 'skep-'));
  dirs.push(dir);
  const server = await startServer({ dir, env });
  servers.push(server);
  return server;
};
afterAll(async () => {
  await Promise.all(servers.map((each) => each.stop()));
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

const typename = JSON.stringify({ query: '{ __typename }' });
const guess = (id: string, n: number): string => `skep_key_${id}_${String(n).padStart(43, 'x')}`;
/** Behind a proxy, which writes down where a request came from. */
const from = (address: string) => ({ 'x-forwarded-for': `10.9.9.9, ${address}` });

describe('wrong keys', () => {
  let server: ServerProcess;
  const tryKey = (key: string, address: string) =>
    send(server, { body: typename, key, headers: from(address) });

  beforeAll(async () => {
    server = await start({ SKEP_BEHIND_PROXY: 'yes' });
  });

  it('120 from one address: after 20 it is told to wait; the right key is taken, from there and from elsewhere', async () => {
    const statuses: number[] = [];
    await byClients(8, 120, async (n) => {
      const told = await tryKey(guess(`guess${String(n).padStart(3, '0')}`, n), '203.0.113.7');
      statuses.push(told.status);
      if (told.status === 401) return expect(told.codes).toEqual(['UNAUTHENTICATED']);
      expect(told.codes).toEqual(['RATE_LIMITED']);
      const seconds = Number(told.headers.get('retry-after'));
      expect(seconds).toBeGreaterThanOrEqual(1);
      expect(seconds).toBeLessThanOrEqual(60);
      expect(JSON.parse(told.text).errors[0].extensions).toMatchObject({
        retryAfter: seconds,
        retryable: true,
      });
    });
    expect(statuses.filter((status) => status === 401)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(100);
    for (const address of ['203.0.113.7', '203.0.113.8']) {
      const right = await tryKey(server.adminKey, address);
      expect({ address, status: right.status, data: right.data }).toEqual({
        address,
        status: 200,
        data: { __typename: 'Query' },
      });
    }
    expect((await tryKey(guess('guess999', 1), '203.0.113.8')).status).toBe(401);
    // Without any key nothing is guessed: it is not counted, and told as ever.
    const without = await send(server, { body: typename, key: null, headers: from('203.0.113.7') });
    expect(without.codes).toEqual(['UNAUTHENTICATED']);
  });

  it('for one key from fifty addresses: limited as well, and the key itself still works', async () => {
    const [, id = ''] = /^skep_key_(\w{8})_/.exec(server.adminKey) ?? [];
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => (await tryKey(guess(id, n), `198.51.100.${n}`)).status),
    );
    expect(statuses.filter((status) => status === 401)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(30);
    expect((await tryKey(server.adminKey, '198.51.100.1')).status).toBe(200);
  });

  it('over a WebSocket: closed with 4403, after 20 with 4429; the right key is taken', async () => {
    const headers = from('203.0.113.9');
    const codes: number[] = [];
    for (let n = 0; n < 25; n += 1) {
      const socket = openSocket(server, { headers });
      socket.init(guess(`sock${String(n).padStart(4, '0')}`, n));
      codes.push((await socket.closed).code);
    }
    expect(codes).toEqual([...Array(20).fill(4403), ...Array(5).fill(4429)]);
    const right = openSocket(server, { headers });
    right.init(server.adminKey);
    await until(() => right.messages.some(({ type }) => type === 'connection_ack'), 'the right key is taken');
    right.close();
  });

  it('an address is what its owner cannot make more of', () => {
    expect(sourceKey('2001:db8:1:2:3:4:5:6')).toBe(sourceKey('2001:db8:1:2::1'));
    expect(sourceKey('2001:db8:1:2::1')).not.toBe(sourceKey('2001:db8:1:3::1'));
    expect(sourceKey('::ffff:192.0.2.1')).toBe(sourceKey('192.0.2.1'));
    expect(sourceKey('::1')).toBe('0:0:0:0');
    expect(sourceKey('192.0.2.1')).not.toBe(sourceKey('192.0.2.2'));
    expect(sourceKey(null)).toBe('local');
  });

  it('there is room again once the window is over', async () => {
    const take = createTake({ most: 2, seconds: 1, what: 'too many' });
    await take('a');
    await take('a');
    await expect(take('a')).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 });
    await take('b');
    await until(() => take('a').then(() => true), 'the window is over', 5_000);
  });
});

describe('mutations and secrets', () => {
  let server: ServerProcess;
  const make = 'mutation { createEnrolment(input: {}) { operation { state } } }';
  const reveal =
    'mutation { revealJoinToken(input: { cluster: "none", role: WORKER }) { operation { state } } }';

  beforeAll(async () => {
    server = await start({ SKEP_MUTATIONS_PER_MINUTE: '12', SKEP_REVEALS_PER_HOUR: '2' });
  });

  it('are limited by caller, over both transports together; what is refused is not begun, and reads go on', async () => {
    const ask = createAsk(() => server.url, server.adminKey);
    const { createApiKey } = await ask(
      'mutation { createApiKey(input: { name: "other", role: ADMIN }) { key } }',
    );
    const count = async () =>
      (await ask('{ operations(first: 100) { edges { node { id } } } }')).operations.edges.length;
    for (const { ask: by } of ways)
      expect((await by(server, reveal)).data?.revealJoinToken).toEqual({ operation: { state: 'REFUSED' } });
    const before = await count();
    for (const { ask: by } of ways) expect((await by(server, reveal)).codes).toEqual(['RATE_LIMITED']);
    // Until here 5 of 12; a document that is refused before it runs is none of them.
    expect((await ways[0]?.ask(server, 'mutation { nothing }'))?.codes).toEqual(['BAD_USER_INPUT']);
    for (let n = 0; n < 7; n += 1)
      expect((await ways[n % 2]?.ask(server, make))?.data).toEqual({
        createEnrolment: { operation: { state: 'SUCCEEDED' } },
      });
    for (const { ask: by } of ways) {
      const { codes, text, data } = await by(server, make);
      expect(codes).toEqual(['RATE_LIMITED']);
      expect(text).toMatch(/"retryAfter":\d+/);
      expect(text).not.toContain('"http"');
      expect(data ?? null).toBeNull();
    }
    const told = await send(server, { body: JSON.stringify({ query: make }) });
    expect(told.status).toBe(429);
    expect(Number(told.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await count()).toBe(before + 7);
    for (const { ask: by } of ways)
      expect((await by(server, make, {}, createApiKey.key)).data).toEqual({
        createEnrolment: { operation: { state: 'SUCCEEDED' } },
      });
  });
});
