// Connections that are slow on purpose: heads and bodies that never come, answers that nobody reads. Each ends; others go on.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createAsk } from '../../lab/client.ts';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { startAppInProcess } from '../support/app-in-process.ts';
import { at } from '../support/at.ts';
import { byClients } from '../support/labels.ts';
import { transports } from '../support/transports.ts';
import { until } from '../support/until.ts';
import { send } from './raw.ts';

const typename = JSON.stringify({ query: '{ __typename }' });

/** Writes a piece now and another every 200 ms, as long as it is let. */
const drip = (server: ServerProcess, head: string, piece: string): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(server.url);
    let text = '';
    const connection = connect(Number(port), hostname);
    connection.write(head);
    const timer = setInterval(() => connection.write(piece), 200);
    connection.on('data', (chunk) => {
      text += chunk;
    });
    connection.on('error', () => undefined);
    connection.on('close', () => {
      clearInterval(timer);
      resolve(text);
    });
  });

describe('a request that does not come', () => {
  const dir = mkdtempSync(join(tmpdir(), 'skep-'));
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer({ dir });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('is ended within its time, a hundred of them at once, while others are answered', {
    timeout: 120_000,
  }, async () => {
    const head = `POST /graphql HTTP/1.1\r\nHost: skep\r\nAuthorization: Bearer ${server.adminKey}\r\nContent-Type: application/json\r\n`;
    const slow = [
      ...Array.from({ length: 40 }, () =>
        drip(server, 'POST /graphql HTTP/1.1\r\nHost: skep\r\n', 'X: y\r\n'),
      ),
      ...Array.from({ length: 40 }, () =>
        drip(server, `${head}Content-Length: 10000\r\n\r\n{"query":"`, ' '),
      ),
      ...Array.from({ length: 20 }, () =>
        drip(server, `${head}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'),
      ),
    ];
    let ended = 0;
    for (const each of slow)
      void each.then(() => {
        ended += 1;
      });
    while (ended < slow.length) {
      const told = await send(server, { body: typename });
      expect(told.status).toBe(200);
    }
    // 10 seconds for a head, 15 for all of it, looked after every 2. Node's own are 60 and 300.
    for (const text of await Promise.all(slow)) expect(text).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('an answer that nobody reads', () => {
  const dir = mkdtempSync(join(tmpdir(), 'skep-'));
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startAppInProcess({ dir, slowReaderLimits: { mostBytes: 100_000, seconds: 2 } });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** One event fills 30 KB: the buffers of a connection hold some hundred of them. */
  const reasons = Array.from({ length: 30 }, (_, index) => `r${index}: reason`).join(' ');
  const fat = `subscription($after: String) { auditRecorded(after: $after) { cursor record { seq phase ${reasons} } } }`;
  const thin =
    'subscription($after: String) { auditRecorded(after: $after) { cursor record { seq phase } } }';

  const neverReads = (after: string): WebSocket => {
    const socket = new WebSocket(server.socketUrl, 'graphql-transport-ws');
    socket.on('error', () => undefined);
    socket.on('open', () => {
      const payload = { authorization: `Bearer ${server.adminKey}` };
      socket.send(JSON.stringify({ type: 'connection_init', payload }));
      socket.once('message', () =>
        socket.send(
          JSON.stringify({ type: 'subscribe', id: '1', payload: { query: fat, variables: { after } } }),
          () => socket.pause(),
        ),
      );
    });
    return socket;
  };
  const neverReadsStream = (after: string): Socket => {
    const { hostname, port, pathname } = new URL(server.url);
    const body = JSON.stringify({ query: fat, variables: { after } });
    const stream = connect(Number(port), hostname).pause();
    stream.on('error', () => undefined);
    stream.write(
      `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${server.adminKey}\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    return stream;
  };
  /** Whether the server has let go of them: it counts its own ends. */
  const openConnections = (ports: readonly number[]): number =>
    (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles().filter((handle) => {
      const { remotePort, localPort } = handle as Partial<Socket>;
      return localPort === Number(new URL(server.url).port) && ports.includes(remotePort ?? 0);
    }).length;

  it('is cut off with its connection, over a WebSocket and SSE; who reads hears all', {
    timeout: 90_000,
  }, async () => {
    const ask = createAsk(() => server.url, server.adminKey);
    const { eventCursor: after } = await ask('{ eventCursor }');
    const sockets = Array.from({ length: 5 }, () => neverReads(after));
    const streams = Array.from({ length: 5 }, () => neverReadsStream(after));
    await until(() => sockets.every(({ isPaused }) => isPaused), 'all have subscribed and read no more');
    await until(() => streams.every(({ localPort }) => localPort !== undefined), 'all are connected');
    const ports = [
      ...streams.map(({ localPort }) => localPort ?? 0),
      ...sockets.map((socket) => (socket as unknown as { _socket: Socket })._socket.localPort ?? 0),
    ];
    await until(() => openConnections(ports) === 10, 'the server has all ten');
    const readers = transports.map(({ listen }) => listen({ server }, thin, { after }));
    await byClients(8, 400, async () => {
      await ask('mutation($input: CancelOperationInput!) { cancelOperation(input: $input) { state } }', {
        input: { id: 'none', reason: 'x'.repeat(1_000) },
      });
    });
    await until(() => openConnections(ports) === 0, 'the server has cut all ten off', 30_000);
    for (const reader of readers) {
      await until(
        () => reader.received.filter(({ record }) => record.phase === 'OUTCOME').length === 400,
        'the one that reads has heard of all',
        30_000,
      );
      const seqs = reader.received.map(({ record }) => record.seq);
      expect(seqs).toEqual(seqs.map((_, index) => at(seqs, 0) + index));
      expect(reader.errors).toEqual([]);
      reader.stop();
    }
    for (const socket of sockets) socket.terminate();
    for (const stream of streams) stream.destroy();
  });

  it('a subscriber to whom nothing is said stays', async () => {
    const ask = createAsk(() => server.url, server.adminKey);
    const quiet = transports.map(({ listen }) =>
      listen({ server }, 'subscription { nodeChanged { cursor } }'),
    );
    const busy = at(transports, 0).listen({ server }, thin);
    // Longer than the two seconds that a peer is given, told by the clock of the server's own events.
    const begin = performance.now();
    await until(async () => {
      await ask('mutation { cancelOperation(input: { id: "none" }) { state } }');
      return performance.now() - begin > 5_000;
    }, 'five seconds of events for another');
    for (const each of quiet) {
      expect(each.errors).toEqual([]);
      expect(each.ended()).toBe(false);
      each.stop();
    }
    expect(busy.errors).toEqual([]);
    busy.stop();
  });
});
