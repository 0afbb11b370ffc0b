// Documents by chance, on a server that has nothing but its first key: no defect, no leak, and it goes on.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { isFailureCode } from '../../server/platform/failure.ts';
import { until } from '../support/until.ts';
import { randomDocument } from './random-document.ts';
import { type Message, openSocket, send } from './raw.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const dir = mkdtempSync(join(tmpdir(), 'skep-'));
/** `SKEP_TEST_SEED=… SKEP_TEST_DOCUMENTS=2000` for more of them, and the same ones again. */
const seed = Number(process.env.SKEP_TEST_SEED ?? Date.now() % 2 ** 31);
const runs = Number(process.env.SKEP_TEST_DOCUMENTS ?? 300);
let server: ServerProcess;

beforeAll(async () => {
  server = await startServer({ dir, env: { NODE_ENV: 'development' } });
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Of the inside: stacks, paths, the database and its words; a placement constraint is the caller's own. */
const inside =
  /\bat \S+ \(|node_modules|\.ts:\d|\.mjs:\d|prisma|sqlite|constraint failed|ECONN|ENOENT|undefined|\[object |Cannot read/i;

const check = (query: string, errors: readonly any[], text: string): void => {
  expect(text.replaceAll(JSON.stringify(query), '')).not.toContain(server.adminKey);
  for (const { message, extensions } of errors) {
    expect({ query, code: extensions?.code, known: isFailureCode(extensions?.code) }).toEqual({
      query,
      code: extensions?.code,
      known: true,
    });
    expect({ query, message, code: extensions.code }).not.toMatchObject({ code: 'INTERNAL' });
    expect({ query, found: inside.exec(message)?.[0] }).toEqual({ query, found: undefined });
    expect(JSON.stringify(extensions)).not.toMatch(/stack|exception|originalError/);
  }
};

it(`over HTTP (seed ${seed})`, { timeout: 120_000 }, async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (g) => {
      const { query } = randomDocument(schema, g, ['query', 'query', 'mutation']);
      const { status, text } = await send(server, { body: JSON.stringify({ query }) });
      expect({ query, status }).toEqual({ query, status: 200 });
      const { data, errors = [] } = JSON.parse(text);
      if (data) answered += 1;
      check(query, errors, text);
    }),
    { seed, numRuns: runs, endOnFailure: true },
  );
  // Were they all refused, nothing would have been tried.
  expect(answered).toBeGreaterThan(runs / 4);
});

it(`over one WebSocket, which stays open (seed ${seed})`, { timeout: 120_000 }, async () => {
  const socket = openSocket(server);
  let closed: unknown = null;
  void socket.closed.then((end) => {
    closed = end;
  });
  socket.init(server.adminKey);
  await until(() => socket.messages.length > 0, 'the socket is acknowledged');
  let n = 0;
  const answer = (id: string): Promise<Message> =>
    until(() => {
      if (closed) throw new Error(`closed: ${JSON.stringify(closed)}`);
      return socket.messages.find((message) => message.id === id && message.type !== 'complete');
    }, `an answer to ${id}`);
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (g) => {
      const { kind, query } = randomDocument(schema, g, [
        'query',
        'mutation',
        'subscription',
        'subscription',
      ]);
      n += 1;
      const id = `d${n}`;
      socket.subscribe(id, query);
      // A subscription says nothing until something happens: what was asked after it is answered after it.
      if (kind === 'subscription') {
        socket.subscribe(`p${n}`, '{ __typename }');
        await answer(`p${n}`);
        socket.send({ type: 'complete', id });
      } else await answer(id);
      for (const message of socket.messages.filter((each) => each.id === id)) {
        const errors = message.type === 'error' ? message.payload : (message.payload?.errors ?? []);
        check(query, errors, JSON.stringify(message));
        for (const { extensions } of errors) expect(extensions).not.toHaveProperty('http');
      }
      socket.messages.length = 0;
    }),
    { seed, numRuns: runs, endOnFailure: true },
  );
  expect(closed).toBeNull();
  socket.close();
});

it('the server is as it was', async () => {
  const told = await send(server, {
    body: JSON.stringify({ query: '{ viewer { name } verifyAudit { ok } }' }),
  });
  expect(told.data).toEqual({ viewer: { name: 'first admin' }, verifyAudit: { ok: true } });
  expect(readFileSync(server.logPath, 'utf8')).not.toMatch(/"level":"(error|fatal)"/);
});
