// What the HTTP endpoint does not take, and what it says then: a status, a code, and nothing of what was sent.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { post, type Sent, send, sendBytes } from './raw.ts';

const dir = mkdtempSync(join(tmpdir(), 'skep-'));
const console1 = 'https://console.example';
let server: ServerProcess;

beforeAll(async () => {
  server = await startServer({
    dir,
    env: {
      SKEP_ALLOWED_ORIGINS: `${console1}, http://localhost:5173`,
      SKEP_WRONG_KEYS_PER_MINUTE: '1000000',
    },
  });
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** In every body that is refused: it must not come back. */
const canary = 'canary-8d1f';
const json = (value: unknown): string => JSON.stringify(value);
const typename = json({ query: '{ __typename }' });
const nested = (open: string, close: string, times: number): string =>
  open.repeat(times) + close.repeat(times);

type Refused = Sent & { of: string; status: number; code?: string };
const refused: Refused[] = [
  { of: 'a query by GET', method: 'GET', status: 405 },
  { of: 'PUT', method: 'PUT', body: typename, status: 405 },
  { of: 'DELETE', method: 'DELETE', status: 405 },
  {
    of: 'a form',
    body: `query={__typename}&x=${canary}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 415,
  },
  {
    of: 'multipart',
    body: `--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${typename}\r\n--b--`,
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    status: 415,
  },
  {
    of: 'a document as such',
    body: '{ __typename }',
    headers: { 'content-type': 'application/graphql' },
    status: 415,
  },
  {
    of: 'text, which a page may send to any site',
    body: typename,
    headers: { 'content-type': 'text/plain' },
    status: 415,
  },
  {
    of: 'another charset',
    body: typename,
    headers: { 'content-type': 'application/json; charset=utf-16' },
    status: 415,
  },
  { of: 'gzip', body: gzipSync(typename), headers: { 'content-encoding': 'gzip' }, status: 415 },
  {
    of: 'a gzip bomb of 50 MB',
    body: gzipSync(Buffer.alloc(50_000_000, 32)),
    headers: { 'content-encoding': 'gzip' },
    status: 415,
  },
  { of: 'a query of 5 MB', body: json({ query: `{ __typename ${' '.repeat(5_000_000)}}` }), status: 413 },
  {
    of: 'bytes that are no UTF-8',
    body: new Uint8Array([...Buffer.from(`{"query":"${canary}`), 0xff, 0xfe, ...Buffer.from('"}')]),
    status: 400,
  },
  { of: 'no JSON', body: `{"query":"${canary}`, status: 400 },
  { of: 'nothing', body: '', status: 400 },
  { of: 'a JSON text', body: json(canary), status: 400 },
  { of: 'null', body: 'null', status: 400 },
  { of: 'a batch', body: `[${typename},${typename}]`, status: 400 },
  { of: 'no query', body: json({ variables: { canary } }), status: 400 },
  { of: 'a query that is no text', body: json({ query: { canary } }), status: 400 },
  {
    of: 'variables that are a list',
    body: json({ query: '{ __typename }', variables: [canary] }),
    status: 400,
  },
  {
    of: 'variables that are a text',
    body: json({ query: '{ __typename }', variables: canary }),
    status: 400,
  },
  {
    of: 'lists 100,000 deep',
    body: `{"query":"{ __typename }","variables":{"a":${nested('[', ']', 100_000)}}}`,
    status: 400,
  },
  {
    of: 'objects 33 deep',
    body: `{"query":"{ __typename }","variables":${'{"a":'.repeat(33)}1${'}'.repeat(33)}}`,
    status: 400,
  },
];

describe('is refused, with a status and a code', () => {
  it.each(refused)('$of', async ({ of: _, status, ...sent }) => {
    const told = await send(server, sent);
    expect(told.status).toBe(status);
    expect(told.codes).toEqual(['BAD_USER_INPUT']);
    expect(told.text).not.toContain(canary);
    expect(told.data).toBeUndefined();
    if (status === 405) expect(told.headers.get('allow')).toBe('POST');
  });

  it('the same without a key: UNAUTHENTICATED, whatever was sent', async () => {
    for (const { of, status: _, ...sent } of refused) {
      const told = await send(server, { ...sent, key: null });
      expect({ of, status: told.status, codes: told.codes }).toEqual({
        of,
        status: 401,
        codes: ['UNAUTHENTICATED'],
      });
      expect(told.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('a mutation by GET, which does nothing', async () => {
    const query = encodeURIComponent('mutation { createEnrolment(input: {}) { secret } }');
    const response = await fetch(`${server.url}?query=${query}`, {
      headers: { authorization: `Bearer ${server.adminKey}`, accept: 'application/json' },
    });
    expect(response.status).toBe(405);
    const { data } = await send(server, { body: json({ query: '{ enrolments { id } }' }) });
    expect(data).toEqual({ enrolments: [] });
  });

  it('a body in pieces that never stops growing', async () => {
    const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
    const head = `POST /graphql HTTP/1.1\r\nHost: skep\r\nAuthorization: Bearer ${server.adminKey}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const text = await sendBytes(server, head, ...Array.from({ length: 80 }, () => chunk), '0\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('two lengths, and what else could smuggle a second request', async () => {
    for (const head of [
      'Transfer-Encoding: chunked\r\n',
      'Content-Length: 5\r\n',
      'Transfer-Encoding : x\r\n',
    ]) {
      const text = await sendBytes(server, post(server.adminKey, typename, head));
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
    }
  });

  it('headers of more than 16 KB', async () => {
    const text = await sendBytes(
      server,
      post(server.adminKey, typename, `X-Long: ${'x'.repeat(17_000)}\r\n`),
    );
    expect(text).toMatch(/^HTTP\/1\.1 431 /);
  });
});

it('a Host that is none is as good as any', async () => {
  for (const host of ['', ']]a b:99999', '[::', 'x'.repeat(1_000)]) {
    const sent = post(server.adminKey, typename).replace('Host: skep', `Host: ${host}`);
    const text = await sendBytes(server, sent);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
  }
});

it('__proto__ is a name that nothing has', async () => {
  for (const variables of [
    '{"__proto__":{"x":1}}',
    '{"f":{"__proto__":{"clusters":["x"]}}}',
    '{"f":{"constructor":{"prototype":{"x":1}}}}',
  ]) {
    const query = 'query($f: NodeFilter) { nodes(filter: $f) { totalCount } }';
    const told = await send(server, {
      body: `{"query":"${query}","variables":${variables},"__proto__":{"y":2}}`,
    });
    expect(told.status).toBe(200);
    expect(told.codes).toEqual(variables.includes('"f"') ? ['BAD_USER_INPUT'] : []);
  }
  const after = await send(server, { body: typename });
  expect(after.data).toEqual({ __typename: 'Query' });
});

it('every answer says that it is not to be kept, guessed at, framed or referred to', async () => {
  for (const sent of [{ body: typename }, { body: '{' }, { method: 'GET' }, { body: typename, key: null }]) {
    const { headers } = await send(server, sent);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
  }
});

it('there is no page for people, and nothing to trace or debug with', async () => {
  const page = await send(server, { method: 'GET', headers: { accept: 'text/html' }, key: null });
  expect({ status: page.status, text: page.text }).toEqual({ status: 406, text: '' });
  const traced = await send(server, {
    body: typename,
    headers: { 'x-apollo-tracing': '1', 'apollo-query-plan-experimental': '1', 'x-debug': '1' },
  });
  expect(JSON.parse(traced.text)).toEqual({ data: { __typename: 'Query' } });
});

describe('pages of other origins', () => {
  const cors = (headers: Headers) => [...headers.keys()].filter((name) => name.startsWith('access-control-'));
  const preflight = (origin: string) =>
    send(server, {
      method: 'OPTIONS',
      key: null,
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });

  it.each([
    'https://evil.example',
    'null',
    'https://console.example.evil.example',
    'http://console.example',
    'https://console.example:444',
    'https://CONSOLE.example',
  ])('%s is let read nothing', async (origin) => {
    const asked = await preflight(origin);
    expect(asked.status).toBe(405);
    expect(cors(asked.headers)).toEqual([]);
    const told = await send(server, { body: typename, headers: { origin } });
    expect(cors(told.headers)).toEqual([]);
  });

  it('a listed one is, without credentials', async () => {
    const asked = await preflight(console1);
    expect(asked.status).toBe(204);
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      'access-control-allow-origin': console1,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'Authorization, Content-Type',
      vary: 'Origin',
    });
    expect(asked.headers.has('access-control-allow-credentials')).toBe(false);
    const told = await send(server, { body: typename, headers: { origin: console1 } });
    expect(told.headers.get('access-control-allow-origin')).toBe(console1);
    expect(told.headers.has('access-control-allow-credentials')).toBe(false);
  });
});

it('the log has no stack of any of this', () => {
  expect(readFileSync(server.logPath, 'utf8')).not.toMatch(/"level":"(error|fatal)"/);
});
