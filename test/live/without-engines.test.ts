// The streams of a server alone: cursors that are too old, readers that do not read, messages that are no GraphQL.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Ask, createAsk } from '../../lab/client.ts';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { at } from '../support/at.ts';
import { byClients } from '../support/labels.ts';
import { transports } from '../support/transports.ts';
import { until } from '../support/until.ts';

const auditRecorded =
  'subscription($after: String) { auditRecorded(after: $after) { cursor record { seq phase reason } } }';
/** One event fills 20 KB, so that the sockets' buffers (some megabytes) are full after a few hundred. */
const manyReasons = Array.from({ length: 20 }, (_, index) => `r${index}: reason`).join(' ');
const fatAudit = `subscription($after: String) { auditRecorded(after: $after) { cursor record { seq phase ${manyReasons} } } }`;
const nodeChanged = 'subscription($after: String) { nodeChanged(after: $after) { cursor } }';

describe('streams of a server without engines', () => {
  const dirs = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'skep-')));
  const servers: ServerProcess[] = [];
  let server: ServerProcess;
  let ask: Ask;

  beforeAll(async () => {
    for (const dir of dirs) servers.push(await startServer({ dir, env: { SKEP_EVENTS_KEPT: '1000' } }));
    server = at(servers, 0);
    ask = createAsk(() => server.url, server.adminKey);
  });
  afterAll(async () => {
    await Promise.all(servers.map((one) => one.stop()));
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  });

  const now = async (of: Ask = ask): Promise<string> => (await of('{ eventCursor }')).eventCursor;
  /** Refused operations: each is an operation, an intent and an outcome, without any engine. */
  const act = (count: number, reason = 'r'): Promise<void> =>
    byClients(8, count, async () => {
      await ask('mutation($input: CancelOperationInput!) { cancelOperation(input: $input) { state } }', {
        input: { id: 'none', reason },
      });
    });

  it('refuse a cursor that is too old, or of another server, over both transports', {
    timeout: 180_000,
  }, async () => {
    const old = await now();
    const quiet = transports.map(({ listen }) => listen({ server }, nodeChanged, { after: old }));
    await act(700);
    const other = await now(createAsk(() => at(servers, 1).url, at(servers, 1).adminKey));
    const recent = await now();
    for (const { listen } of transports) {
      for (const after of [old, other]) {
        const refused = listen({ server }, auditRecorded, { after });
        await until(() => refused.errors.length > 0, 'the cursor is refused');
        expect(refused.errors).toEqual([
          expect.objectContaining({ extensions: expect.objectContaining({ code: 'CURSOR_TOO_OLD' }) }),
        ]);
        expect(refused.received).toEqual([]);
        refused.stop();
      }
      const taken = listen({ server }, auditRecorded, { after: recent });
      await act(1);
      await taken.next(({ record }) => record.phase === 'OUTCOME', 'what happened after a recent cursor');
      expect(taken.errors).toEqual([]);
      taken.stop();
    }
    // Its line held: nothing came of its kind, and it goes on although its own cursor would be refused by now.
    for (const each of quiet) {
      expect([each.received, each.errors, each.ended()]).toEqual([[], [], false]);
      each.stop();
    }
    const tooFar = Buffer.from(recent, 'base64url').toString().replace(/\d+$/, '999999999');
    for (const { listen } of transports) {
      const refused = listen({ server }, nodeChanged, { after: Buffer.from(tooFar).toString('base64url') });
      await until(() => refused.errors.length > 0, 'a cursor of the future is refused');
      refused.stop();
    }
  });

  it('are not held up by subscribers that never read', { timeout: 120_000 }, async () => {
    const cursor = await now();
    const sockets = Array.from({ length: 5 }, () => {
      const socket = new WebSocket(server.socketUrl, 'graphql-transport-ws');
      socket.on('open', () => {
        socket.send(
          JSON.stringify({
            type: 'connection_init',
            payload: { authorization: `Bearer ${server.adminKey}` },
          }),
        );
        socket.once('message', () => {
          const payload = { query: fatAudit, variables: { after: cursor } };
          socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload }), () => socket.pause());
        });
      });
      return socket;
    });
    const { hostname, port, pathname } = new URL(server.url);
    const body = JSON.stringify({ query: fatAudit, variables: { after: cursor } });
    const streams = Array.from({ length: 5 }, () => {
      const stream = connectTcp(Number(port), hostname).pause();
      stream.on('error', () => undefined);
      stream.write(
        `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${server.adminKey}\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      return stream;
    });
    await until(
      () => sockets.every(({ isPaused }) => isPaused),
      'all sockets have subscribed and stopped reading',
    );
    const reader = at(transports, 0).listen({ server }, auditRecorded, { after: cursor });
    await act(150, 'x'.repeat(1_000));
    await until(
      () => reader.received.filter(({ record }) => record.phase === 'OUTCOME').length === 150,
      'the one that reads has heard of all',
      30_000,
    );
    const seqs = reader.received.map(({ record }) => record.seq);
    expect(seqs).toEqual(seqs.map((_, index) => seqs[0] + index));
    const messages: Record<string, any>[] = [];
    const late = at(sockets, 0).on('message', (data) => messages.push(JSON.parse(String(data))));
    late.resume();
    await until(
      () =>
        messages.filter(({ type }) => type === 'next').length >= seqs.length ||
        messages.some(({ type }) => type === 'error') ||
        late.readyState === WebSocket.CLOSED,
      'one that reads again hears all that it missed, or that it must ask anew',
      30_000,
    );
    const told = messages.flatMap(({ payload }) => payload?.data?.auditRecorded?.record.seq ?? []);
    expect(told).toEqual(seqs.slice(0, told.length));
    for (const socket of sockets) socket.terminate();
    for (const stream of streams) stream.destroy();
    reader.stop();
  });

  const closeCode = (
    begin: (socket: WebSocket) => void,
    protocols = ['graphql-transport-ws'],
  ): Promise<number> =>
    new Promise((resolve) => {
      const socket = new WebSocket(server.socketUrl, protocols);
      socket.on('open', () => begin(socket));
      socket.on('error', () => undefined);
      socket.on('close', resolve);
    });
  const init = (authorization: string): string =>
    JSON.stringify({ type: 'connection_init', payload: { authorization } });

  it('close a socket that does not speak the protocol, with the code that says why', async () => {
    const key = `Bearer ${server.adminKey}`;
    const subscribe = JSON.stringify({ type: 'subscribe', id: '1', payload: { query: nodeChanged } });
    expect(await closeCode((socket) => socket.send(init('Bearer wrong')))).toBe(4403);
    expect(await closeCode((socket) => socket.send('no JSON'))).toBe(4400);
    expect(await closeCode((socket) => socket.send(subscribe))).toBe(4401);
    expect(await closeCode((socket) => socket.send('x'.repeat(1_600_000)))).toBe(1009);
    expect(
      await closeCode((socket) => {
        socket.send(init(key));
        socket.send(init(key));
      }),
    ).toBe(4429);
    expect(await closeCode(() => undefined)).toBe(4408);
    expect(await closeCode(() => undefined, [])).toBe(4406);
  });

  it('answer a body that is too big, or no JSON, with a status and words', async () => {
    const send = (body: string) =>
      fetch(server.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          authorization: `Bearer ${server.adminKey}`,
        },
        body,
      });
    expect((await send('x'.repeat(1_600_000))).status).toBe(413);
    const broken = await send('{');
    expect(await broken.text()).toContain('BAD_USER_INPUT');
    const unknown = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: nodeChanged }),
    });
    expect(await unknown.text()).toContain('UNAUTHENTICATED');
  });
});
