// Sockets that are opened, used and left as no frontend does: each ends with a code that says why, and harms nobody else.
// https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { at } from '../support/at.ts';
import { until } from '../support/until.ts';
import { openSocket, type RawSocket, send } from './raw.ts';

const dir = mkdtempSync(join(tmpdir(), 'skep-'));
const listed = 'https://console.example';
let server: ServerProcess;
const opened: RawSocket[] = [];

beforeAll(async () => {
  server = await startServer({ dir, env: { SKEP_ALLOWED_ORIGINS: listed, NODE_ENV: 'development' } });
});
afterAll(async () => {
  for (const each of opened) each.close();
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

const open = (options: Parameters<typeof openSocket>[1] = {}): RawSocket => {
  const socket = openSocket(server, options);
  opened.push(socket);
  return socket;
};
const acknowledged = async (): Promise<RawSocket> => {
  const socket = open();
  socket.init(server.adminKey);
  await until(
    () => socket.messages.some(({ type }) => type === 'connection_ack'),
    'the socket is acknowledged',
  );
  return socket;
};
const waiting = 'subscription { nodeChanged { cursor } }';

describe('the protocol’s close codes', () => {
  it.each<{ of: string; code: number; reason: string; does(socket: RawSocket): void; protocols?: string[] }>([
    {
      of: 'no JSON',
      code: 4400,
      reason: 'Invalid message received',
      does: ({ send: say }) => say('no JSON: canary'),
    },
    {
      of: 'a message of no known type',
      code: 4400,
      reason: 'Invalid message received',
      does: ({ send: say }) => say({ type: 'canary' }),
    },
    {
      of: 'a batch',
      code: 4400,
      reason: 'Invalid message received',
      does: ({ send: say }) => say('[{"type":"ping"}]'),
    },
    {
      of: 'JSON 100,000 deep',
      code: 4400,
      reason: 'Invalid message received',
      does: ({ send: say }) => say('['.repeat(100_000) + ']'.repeat(100_000)),
    },
    {
      of: 'a message that only a server sends',
      code: 4400,
      reason: 'Invalid message received',
      does: ({ send: say }) => say('{"type":"connection_ack"}'),
    },
    {
      of: 'a subscription before the greeting',
      code: 4401,
      reason: 'Unauthorized',
      does: ({ subscribe }) => subscribe('1', waiting),
    },
    { of: 'no key', code: 4403, reason: 'Forbidden', does: ({ init }) => init(null) },
    { of: 'a wrong key', code: 4403, reason: 'Forbidden', does: ({ init }) => init('skep_key_canary00_x') },
    {
      of: 'no subprotocol',
      code: 4406,
      reason: 'Subprotocol not acceptable',
      does: () => undefined,
      protocols: [],
    },
    { of: 'silence', code: 4408, reason: 'Connection initialisation timeout', does: () => undefined },
    {
      of: 'two greetings',
      code: 4429,
      reason: 'Too many initialisation requests',
      does: ({ init }) => {
        init(server.adminKey);
        init(server.adminKey);
      },
    },
    { of: 'a message of 300 KB', code: 1009, reason: '', does: ({ send: say }) => say('x'.repeat(300_000)) },
  ])('$of: $code', async ({ code, reason, does, protocols }) => {
    const socket = open(protocols ? { protocols } : {});
    does(socket);
    expect(await socket.closed).toEqual({ code, reason, http: null });
  });

  it('an id that is in use: 4409, also where it is longer than a close reason may be', async () => {
    for (const id of ['1', 'i'.repeat(10_000), '😀'.repeat(500)]) {
      const socket = await acknowledged();
      socket.subscribe(id, waiting);
      socket.subscribe(id, waiting);
      const { code, reason } = await socket.closed;
      expect(code).toBe(4409);
      expect(reason).toMatch(/^Subscriber for /);
    }
  });

  it('a binary frame with bytes that are no UTF-8, and a text frame of them', async () => {
    const bytes = new Uint8Array([0xff, 0xfe, 0xfd]);
    for (const [binary, code] of [
      [true, 4400],
      [false, 1007],
    ] as const) {
      const socket = await acknowledged();
      socket.socket.send(bytes, { binary });
      expect((await socket.closed).code).toBe(code);
    }
  });

  it('a message in a thousand pieces: 1008', async () => {
    const socket = await acknowledged();
    for (let n = 0; n < 1_000; n += 1) socket.socket.send('x', { fin: false }, () => undefined);
    expect((await socket.closed).code).toBe(1008);
  });

  it('a document that is refused leaves the socket open', async () => {
    const socket = await acknowledged();
    for (const [id, query] of Object.entries({
      a: '{',
      b: '{ nothing }',
      c: `${'{ a '.repeat(8_000)}${'}'.repeat(8_000)}`,
      d: '',
      e: 'query A { __typename } query B { __typename }',
      f: 'subscription { nodeChanged(after: "x") { cursor } }',
      g: 'subscription { a: nodeChanged { cursor } b: hostChanged { cursor } }',
      h: 'fragment f on Viewer { id }',
    }))
      socket.subscribe(id, query);
    // The second comes from the subscription's own field: an answer, with errors and without data.
    const refusals = () =>
      socket.messages.flatMap(({ id, type, payload }) =>
        type === 'error'
          ? [{ id, errors: payload }]
          : type === 'next'
            ? [{ id, errors: payload.errors }]
            : [],
      );
    await until(() => refusals().length === 8, 'all eight are refused');
    for (const { id, errors } of refusals())
      for (const error of errors) {
        expect({ id, code: error.extensions.code }).toEqual({ id, code: 'BAD_USER_INPUT' });
        expect(error.extensions).not.toHaveProperty('http');
      }
    socket.subscribe('z', '{ __typename }');
    await until(
      () => socket.messages.some(({ type, id }) => type === 'next' && id === 'z'),
      'it still answers',
    );
  });

  it('variables that are too deep are an error of that operation', async () => {
    const socket = await acknowledged();
    let deep: unknown = 1;
    for (let n = 0; n < 40; n += 1) deep = [deep];
    socket.subscribe('1', '{ __typename }', { deep });
    const { payload } = await until(() => socket.messages.find(({ type }) => type === 'error'), 'refused');
    expect(payload).toEqual([
      { message: 'the body nests deeper than 32', extensions: { code: 'BAD_USER_INPUT', retryable: false } },
    ]);
  });
});

describe('who may open one', () => {
  it('pages that are listed, and scripts, which name no page', async () => {
    for (const origin of [listed, undefined]) {
      const socket = open(origin === undefined ? {} : { origin });
      socket.init(server.adminKey);
      await until(() => socket.messages.some(({ type }) => type === 'connection_ack'), 'taken');
    }
  });

  it.each([
    'https://evil.example',
    'null',
    'https://console.example.evil.example',
    'http://console.example',
    'http://127.0.0.1',
  ])('not a page of %s', async (origin) => {
    expect(await open({ origin }).closed).toMatchObject({ http: 403 });
  });
});

describe('so many and no more', () => {
  it('51 operations on one socket: the last is refused, and taken once another has ended', async () => {
    const socket = await acknowledged();
    for (let n = 0; n < 51; n += 1) socket.subscribe(`s${n}`, waiting);
    const refused = await until(() => socket.messages.find(({ type }) => type === 'error'), 'one is refused');
    expect(refused).toMatchObject({
      id: 's50',
      payload: [{ extensions: { code: 'RATE_LIMITED', retryAfter: 1 } }],
    });
    socket.send({ type: 'complete', id: 's0' });
    socket.subscribe('more', '{ __typename }');
    await until(() => socket.messages.some(({ type, id }) => type === 'next' && id === 'more'), 'taken');
    expect(socket.messages.filter(({ type }) => type === 'error')).toHaveLength(1);
  });

  it('41 that do not greet: the oldest goes at once, and one that greets is let in', async () => {
    const idle = Array.from({ length: 41 }, () => open());
    const first = await Promise.race(
      idle.map(({ closed }, index) => closed.then((end) => ({ index, ...end }))),
    );
    expect(first).toMatchObject({ code: 4408 });
    await acknowledged();
    for (const each of idle) each.close();
  });

  it('200 from one address; the next is refused before it is one', async () => {
    for (const each of opened) each.close();
    const mine: RawSocket[] = [];
    // Twenty at a time, each of them greeted: of silent ones the oldest would go.
    while (mine.length < 200) mine.push(...(await Promise.all(Array.from({ length: 20 }, acknowledged))));
    expect(await open().closed).toMatchObject({ http: 429 });
    const http = await send(server, { body: '{"query":"{ __typename }"}' });
    expect(http.status).toBe(200);
    at(mine, 0).close();
    await at(mine, 0).closed;
    await until(acknowledgedOrNull, 'there is room for one again');
    for (const each of opened) each.close();
  });
  const acknowledgedOrNull = async (): Promise<true | null> => {
    const socket = open();
    socket.init(server.adminKey);
    const refused = await Promise.race([
      socket.closed.then(() => true),
      until(() => socket.messages.length > 0, 'acknowledged').then(() => false),
    ]);
    return refused ? null : true;
  };
});

it('an upgrade that is none, or ends in the middle, is answered or forgotten', async () => {
  const { hostname, port } = new URL(server.url);
  for (const head of [
    'GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    'GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  ]) {
    const text = await new Promise<string>((resolve) => {
      let told = '';
      const connection = connect(Number(port), hostname, () => connection.write(head));
      connection.on('data', (chunk) => {
        told += chunk;
      });
      connection.on('close', () => resolve(told));
    });
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
  }
});

it('none of it was an error of the server’s own', () => {
  const log = readFileSync(server.logPath, 'utf8');
  expect(log).not.toMatch(/"level":"(error|fatal)"/);
  expect(log).not.toContain('canary');
  expect(log).not.toContain('Internal error');
});
