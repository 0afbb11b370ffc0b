// Signing in to the console: who is let in, what the cookie opens and to whose pages, and what ends it.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, createAsk } from '../../lab/client.ts';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { askSession, originOf, signIn, signOut } from '../support/console.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';
import { openSocket, type RawSocket, send } from '../transports/raw.ts';

const listed = 'https://listed.example';
const elsewhere = ['https://evil.example', 'null', listed, 'http://127.0.0.1'];
const viewer = JSON.stringify({ query: '{ viewer { name } }' });
const waiting = 'subscription { auditRecorded { cursor } }';

let dir: string;
let server: ServerProcess;
let perform: Perform;
let ask: Ask;
let own: string;
const opened: RawSocket[] = [];
/** All that must be found nowhere. */
const secrets: string[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'skep-'));
  const env = { SKEP_ALLOWED_ORIGINS: listed, SKEP_WRONG_KEYS_PER_MINUTE: '1000', SKEP_LOG_LEVEL: 'debug' };
  server = await startServer({ dir, env });
  perform = createPerform(server.url, server.adminKey);
  ask = createAsk(() => server.url, server.adminKey);
  own = originOf(server);
});
afterAll(async () => {
  for (const each of opened) each.close();
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

const newKey = async (name: string, input: object = {}): Promise<{ id: string; key: string }> => {
  const { payload } = await perform('createApiKey', { name, role: 'VIEWER', ...input });
  secrets.push(payload.key);
  return { id: payload.apiKey.id, key: payload.key };
};
const newTicket = async (by: Perform = perform): Promise<string> => {
  const { payload } = await by('createSignInLink', {});
  secrets.push(payload.ticket);
  return payload.ticket;
};
const enter = async (given: { key: string } | { ticket: string }): Promise<string> => {
  const cookie = await signIn(server, given);
  secrets.push(cookie.split('=')[1] ?? '');
  return cookie;
};
/** A query with a cookie, and without a key where none is given. */
const query = (
  cookie: string,
  headers: Record<string, string> = { origin: own },
  key: string | null = null,
) => send(server, { key, body: viewer, headers: { cookie, ...headers } });
const open = (headers: Record<string, string>, origin?: string): RawSocket => {
  const socket = openSocket(server, { headers, ...(origin === undefined ? {} : { origin }) });
  opened.push(socket);
  return socket;
};
const letIn = async (socket: RawSocket, key: string | null): Promise<RawSocket> => {
  socket.init(key);
  await until(() => socket.messages.some(({ type }) => type === 'connection_ack'), 'the socket is let in');
  return socket;
};
const connected = (cookie: string): Promise<RawSocket> => letIn(open({ cookie }, own), null);
/** A stream of events, and its text so far. */
const stream = async (cookie: string) => {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { cookie, origin: own, accept: 'text/event-stream', 'content-type': 'application/json' },
    body: JSON.stringify({ query: waiting }),
  });
  const told = { status: response.status, text: '', ended: false };
  const read = async (): Promise<void> => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) told.text += chunk;
  };
  // One that is open still is cut when the server is killed.
  const ended = (): void => {
    told.ended = true;
  };
  read().then(ended, ended);
  return told;
};
const exported = (headers: Record<string, string>): Promise<Response> =>
  fetch(`${own}/audit/export`, { headers });

describe('signing in is refused', () => {
  it.each([...elsewhere, ''])('to a page of %j', async (origin) => {
    for (const method of ['POST', 'DELETE', 'GET']) {
      const asked = method === 'POST' ? { body: { key: server.adminKey } } : {};
      const told = await askSession(server, {
        method,
        headers: { origin, 'sec-fetch-site': 'cross-site' },
        ...asked,
      });
      expect(told).toMatchObject({ status: 403, code: 'FORBIDDEN', cookie: null });
    }
  });

  it.each<[of: string, body: unknown, type?: string]>([
    ['neither key nor ticket', {}],
    ['both', { key: 'skep_key_a', ticket: 'skep_ticket_a' }],
    ['more than is asked for', { key: 'skep_key_a', hours: 1_000 }],
    ['a key that is no text', { key: ['skep_key_a'] }],
    ['no JSON', '{"key": skep_key_a}'],
    ['another type, which a form could send', '{"key": "skep_key_a"}', 'text/plain'],
    ['too much', { key: 'a'.repeat(2_000) }],
  ])('with %s', async (_, body, type = 'application/json') => {
    const told = await askSession(server, { body, headers: { 'content-type': type } });
    expect(told).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', cookie: null });
    expect(JSON.stringify(told.body)).not.toContain('skep_key_a');
  });

  it('by another method', async () => {
    const response = await fetch(`${own}/session`, { method: 'PUT', headers: { origin: own } });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE']);
  });

  it('with a wrong key and a made-up ticket, which are on record as the wrong keys of others are', async () => {
    const { id, key } = await newKey('guessed');
    const wrong = key.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    for (const body of [{ key: wrong }, { key: 'nosuch' }, { ticket: `skep_ticket_${'a'.repeat(43)}` }])
      expect(await askSession(server, { body })).toMatchObject({
        status: 401,
        code: 'UNAUTHENTICATED',
        cookie: null,
      });
    const records = await until(async () => {
      const denied = await readHistory(ask, { phase: ['DENIED'], action: 'authenticate' });
      return denied.some(({ actor }) => actor.id === id) && denied.length >= 2 ? denied : null;
    }, 'they are on record');
    expect(records.map(({ actor }) => actor.name)).toEqual(
      expect.arrayContaining(['wrong key for guessed', 'without a valid key']),
    );
    const { key: ended, id: endedId } = await newKey('ended');
    await perform('revokeApiKey', { id: endedId });
    expect(await askSession(server, { body: { key: ended } })).toMatchObject({ status: 401, cookie: null });
  });

  it('when there were too many wrong ones, but never with the right key', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skep-'));
    const strict = await startServer({ dir: folder, env: { SKEP_WRONG_KEYS_PER_MINUTE: '2' } });
    try {
      const codes: unknown[] = [];
      for (const body of [{ key: 'nosuch' }, { ticket: 'nosuch' }, { ticket: 'nosuch' }, { key: 'nosuch' }]) {
        const told = await askSession(strict, { body });
        codes.push(told.code);
        if (told.code === 'RATE_LIMITED') {
          expect(told.status).toBe(429);
          expect(Number(told.headers.get('retry-after'))).toBeGreaterThan(0);
        }
      }
      expect(codes).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED', 'RATE_LIMITED', 'RATE_LIMITED']);
      expect(await signIn(strict, { key: strict.adminKey })).toMatch(/^skep_session=/);
    } finally {
      await strict.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a ticket', () => {
  it('signs in once, as the key that made it, however many try at once', async () => {
    const { key } = await newKey('linked');
    const ticket = await newTicket(createPerform(server.url, key));
    const told = await Promise.all(Array.from({ length: 5 }, () => askSession(server, { body: { ticket } })));
    expect(told.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
    const cookie = told.find(({ status }) => status === 200)?.cookie ?? '';
    expect((await query(cookie)).data).toEqual({ viewer: { name: 'linked' } });
    await signOut(server, cookie);
  });

  it('is told once, in a link whose server never sees it', async () => {
    const idempotencyKey = 'one link';
    const { payload, ...operation } = await perform('createSignInLink', {
      idempotencyKey,
      reason: 'to look',
    });
    secrets.push(payload.ticket);
    expect(operation).toMatchObject({
      state: 'SUCCEEDED',
      targets: [{ kind: 'API_KEY', name: 'first admin' }],
    });
    expect(payload.link).toBe(`${own}/#ticket=${payload.ticket}`);
    const left = new Date(payload.expiresAt).getTime() - Date.now();
    expect(left).toBeGreaterThan(4 * 60_000);
    expect(left).toBeLessThanOrEqual(5 * 60_000);
    const again = await perform('createSignInLink', { idempotencyKey, reason: 'to look' });
    expect(again.id).toBe(operation.id);
    expect(again.payload).toEqual({ ticket: null, link: null, expiresAt: null });
    const dry = await perform('createSignInLink', { dryRun: true });
    expect(dry.payload).toEqual({ ticket: null, link: null, expiresAt: null });
    const phases = (await readHistory(ask, { operation: operation.id })).map(({ phase }) => phase);
    expect(phases).toEqual(['INTENT', 'OUTCOME']);
  });

  it('of a key that has ended is nothing', async () => {
    const { id, key } = await newKey('gone');
    const ticket = await newTicket(createPerform(server.url, key));
    await perform('revokeApiKey', { id });
    expect(await askSession(server, { body: { ticket } })).toMatchObject({ status: 401, cookie: null });
  });

  it('of a key for one cluster signs in for that cluster', async () => {
    const { key } = await newKey('scoped', { clusters: ['somewhere'] });
    const cookie = await enter({ ticket: await newTicket(createPerform(server.url, key)) });
    const body = JSON.stringify({ query: '{ viewer { name clusters } }' });
    const told = await send(server, { key: null, headers: { cookie, origin: own }, body });
    expect(told.data).toEqual({ viewer: { name: 'scoped', clusters: ['somewhere'] } });
  });

  it('of a key for no cluster is not made', async () => {
    const { key } = await newKey('nowhere', { role: 'ADMIN', clusters: [] });
    expect(await createPerform(server.url, key).error('createSignInLink', {})).toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});

describe('a session', () => {
  it('begins and ends on record, in a cookie that no script reads', async () => {
    const { id, key } = await newKey('on record');
    const begun = Date.now();
    const told = await askSession(server, { body: { key } });
    expect(told.status).toBe(200);
    secrets.push(told.cookie?.split('=')[1] ?? '');
    expect(told.headers.get('set-cookie')).toMatch(
      /^skep_session=skep_session_[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    expect(told.headers.get('cache-control')).toBe('no-store');
    expect(new Date(told.body.expiresAt).getTime() - begun).toBeGreaterThanOrEqual(12 * 3_600_000);
    const out = await signOut(server, told.cookie ?? '');
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toMatch(/^skep_session=; Path=\/; Max-Age=0; HttpOnly/);
    expect(await query(told.cookie ?? '')).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
    // Again is as good as once.
    expect((await signOut(server, told.cookie ?? '')).status).toBe(204);
    const records = await readHistory(ask, { actor: id });
    expect(records).toMatchObject([
      {
        phase: 'OBSERVED',
        action: 'signIn',
        actor: { kind: 'API_KEY', id, name: 'on record' },
        targets: [{ kind: 'API_KEY', id }, { kind: 'SESSION' }],
        input: { with: 'KEY', expiresAt: told.body.expiresAt },
        sourceAddress: expect.stringContaining('127.0.0.1'),
        requestId: expect.any(String),
      },
      { phase: 'OBSERVED', action: 'signOut', actor: { id }, targets: [{ id }, { kind: 'SESSION' }] },
    ]);
    expect(records[0]?.targets[1].id).toBe(records[1]?.targets[1].id);
  });

  it('ends with its key: what is over it is closed', async () => {
    const { id, key } = await newKey('revoked');
    const cookie = await enter({ key });
    const socket = await connected(cookie);
    const events = await stream(cookie);
    await perform('revokeApiKey', { id });
    expect(await socket.closed).toMatchObject({ code: 4403 });
    await until(() => events.ended, 'the stream has ended');
    expect(events.text).toContain('UNAUTHENTICATED');
    expect(await query(cookie)).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
  });

  it('ends with a key that expires', async () => {
    const expiresAt = new Date(Date.now() + 3_000).toISOString();
    const { key } = await newKey('expires', { expiresAt });
    const told = await askSession(server, { body: { key } });
    expect(told.body.expiresAt).toBe(expiresAt);
    const socket = await connected(told.cookie ?? '');
    expect(await socket.closed).toMatchObject({ code: 4403 });
    expect(await query(told.cookie ?? '')).toMatchObject({ codes: ['UNAUTHENTICATED'] });
  });

  it('ends at the sign-out: its sockets and streams are closed, and no others of its key', async () => {
    const { key } = await newKey('twice');
    const [cookie, other] = [await enter({ key }), await enter({ key })];
    const [socket, staying] = [await connected(cookie), await connected(other)];
    const byKey = await letIn(open({}, own), key);
    socket.subscribe('s', waiting);
    const events = await stream(cookie);
    await signOut(server, cookie);
    expect(await socket.closed).toMatchObject({ code: 4403 });
    await until(() => events.ended, 'the stream has ended');
    expect(events.text).toContain('UNAUTHENTICATED');
    for (const each of [staying, byKey]) {
      each.subscribe('q', '{ viewer { name } }');
      await until(() => each.messages.some(({ type }) => type === 'next'), 'it is answered');
    }
  });
});

describe('the cookie', () => {
  let cookie: string;
  let name: string;

  beforeAll(async () => {
    name = 'at the console';
    cookie = await enter({ key: (await newKey(name, { role: 'ADMIN' })).key });
  });

  it.each([...elsewhere, ''])('opens nothing to a page of %j', async (origin) => {
    const from = { ...(origin === '' ? {} : { origin }), 'sec-fetch-site': 'cross-site' };
    expect((await query(cookie, from)).codes).toEqual(['FORBIDDEN']);
    const download = await exported({ cookie, ...from });
    expect(download.status).toBe(403);
    expect(await download.text()).toContain('FORBIDDEN');
    const socket = open({ cookie }, origin === '' ? undefined : origin);
    socket.init(null);
    // A listed page, or a script, may come with a key of its own: it is turned away when it does not.
    expect(await socket.closed).toMatchObject(
      origin === listed || origin === '' ? { code: 4403 } : { http: 403 },
    );
    expect(socket.messages).toEqual([]);
  });

  it('misused by another page is on record, with whose it is', async () => {
    await query(cookie, { origin: 'https://evil.example' });
    const records = await until(async () => {
      const denied = await readHistory(ask, { phase: ['DENIED'], action: 'authenticate' });
      const mine = denied.filter(({ actor }) => actor.name === name);
      return mine.length > 0 ? mine : null;
    }, 'it is on record');
    expect(records[0]).toMatchObject({ actor: { kind: 'API_KEY' }, failure: { code: 'FORBIDDEN' } });
  });

  it('is not asked for where a key is presented', async () => {
    const byKey = await query(cookie, { origin: 'https://evil.example' }, server.adminKey);
    expect(byKey.data).toEqual({ viewer: { name: 'first admin' } });
    expect((await query(cookie, { origin: own }, 'nosuch')).codes).toEqual(['UNAUTHENTICATED']);
    const socket = await letIn(open({ cookie }, listed), server.adminKey);
    socket.subscribe('q', '{ viewer { name } }');
    const told = await until(() => socket.messages.find(({ type }) => type === 'next'), 'it is answered');
    expect(told.payload.data).toEqual({ viewer: { name: 'first admin' } });
    const wrong = open({ cookie }, own);
    wrong.init('nosuch');
    expect(await wrong.closed).toMatchObject({ code: 4403 });
  });

  it('that is of no session opens nothing', async () => {
    for (const made of [
      'skep_session=nosuch',
      `skep_session=skep_session_${'a'.repeat(43)}`,
      'skep_session=',
    ]) {
      expect(await query(made)).toMatchObject({ status: 401, codes: ['UNAUTHENTICATED'] });
      const socket = open({ cookie: made }, own);
      socket.init(null);
      expect(await socket.closed).toMatchObject({ code: 4403 });
    }
  });

  it('is the key: over HTTP, again and again', async () => {
    for (const asked of [cookie, `a=b; ${cookie}`, `${cookie}; skep=1`])
      expect((await query(asked)).data).toEqual({ viewer: { name } });
    const mutation =
      'mutation { createEnrolment(input: { reason: "by the console" }) { operation { actor { kind name } } } }';
    const told = await send(server, {
      key: null,
      headers: { cookie, origin: own },
      body: JSON.stringify({ query: mutation }),
    });
    expect(told.data).toEqual({ createEnrolment: { operation: { actor: { kind: 'API_KEY', name } } } });
  });

  it('is the key: over SSE', async () => {
    const events = await stream(cookie);
    expect(events.status).toBe(200);
    await newKey('something that happens');
    await until(() => events.text.includes('auditRecorded'), 'the stream tells');
  });

  it('is the key: over a socket, without a payload', async () => {
    const socket = await connected(cookie);
    socket.subscribe('q', '{ viewer { name } }');
    const told = await until(() => socket.messages.find(({ type }) => type === 'next'), 'it is answered');
    expect(told.payload.data).toEqual({ viewer: { name } });
    socket.subscribe('s', waiting);
    await newKey('something else that happens');
    await until(() => socket.messages.some(({ id, type }) => id === 's' && type === 'next'), 'it tells');
  });

  it('is the key: for an export, which a browser asks for without an Origin', async () => {
    const ways: Record<string, string>[] = [{ origin: own }, { 'sec-fetch-site': 'same-origin' }];
    for (const from of ways) {
      const download = await exported({ cookie, ...from });
      expect(download.status).toBe(200);
      expect(await download.text()).toContain('signIn');
    }
    const less = await enter({ key: (await newKey('looks only')).key });
    expect((await exported({ cookie: less, origin: own })).status).toBe(403);
    // By POST an Origin is always sent.
    const { codes } = await query(cookie, { 'sec-fetch-site': 'same-origin' });
    expect(codes).toEqual(['FORBIDDEN']);
  });

  it('holds what its key holds, and no more', async () => {
    const less = await enter({
      ticket: await newTicket(createPerform(server.url, (await newKey('less')).key)),
    });
    const told = await send(server, {
      key: null,
      headers: { cookie: less, origin: own },
      body: JSON.stringify({ query: '{ apiKeys { id } }' }),
    });
    expect(told.codes).toEqual(['FORBIDDEN']);
  });
});

describe('a restart', () => {
  it('keeps sessions, ends tickets, and deletes the rows of what has ended', async () => {
    const { key } = await newKey('stays');
    const [cookie, gone] = [await enter({ key }), await enter({ key })];
    const ticket = await newTicket();
    await signOut(server, gone);
    const rows = (): { endedAt: unknown }[] => {
      const db = new Database(join(dir, 'data/skep.db'), { readonly: true });
      try {
        return db.prepare('SELECT "endedAt" FROM "Session"').all() as { endedAt: unknown }[];
      } finally {
        db.close();
      }
    };
    expect(rows().filter(({ endedAt }) => endedAt !== null).length).toBeGreaterThan(0);
    await server.kill9();
    await server.start();
    expect((await query(cookie)).data).toEqual({ viewer: { name: 'stays' } });
    expect(await query(gone)).toMatchObject({ codes: ['UNAUTHENTICATED'] });
    expect(await askSession(server, { body: { ticket } })).toMatchObject({ status: 401 });
    expect(rows().filter(({ endedAt }) => endedAt !== null)).toEqual([]);
    expect(rows().length).toBeGreaterThan(0);
    const socket = await connected(cookie);
    await signOut(server, cookie);
    expect(await socket.closed).toMatchObject({ code: 4403 });
  });
});

it('no secret of all this is in the database, the log or the history', async () => {
  expect(secrets.length).toBeGreaterThan(10);
  expect(secrets.every((secret) => secret.length > 40)).toBe(true);
  const files = readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  const text = [...files, JSON.stringify(await readHistory(ask))].join('\n');
  expect(text).toContain('createSignInLink');
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
});
