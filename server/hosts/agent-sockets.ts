// graphql-ws over the sockets of agents. Its own way over ws has two timers for each socket, and takes a ping for a message.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CloseCode, handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { refuseUpgrade } from '../access/socket-admission.ts';
import { createBoundedTurns } from '../platform/bounded-turns.ts';
import { createKeepAlive } from '../platform/keep-alive.ts';
import type { Log } from '../platform/log.ts';
import { textFrame } from '../platform/text-frame.ts';
import type { AgentAdmission } from './agent-admission.ts';

/** What is kept of a connection; not its request, which would stay as long as the socket does. */
export type AgentExtra = { socket: WebSocket; underneath: Socket; sourceAddress: string | null };

export type AgentSockets = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
};

/** As agents write it; said every few seconds by each of them, it is answered before anything is parsed. */
const pingText = '{"type":"ping"}';
const pong = textFrame('{"type":"pong"}');

/** Of one turn of the event loop, for all agents: a thousand that come back must not keep callers waiting. */
const mostTurnMs = 8;
/** Messages of one socket that wait for their turn before it is read no further. */
const mostWaiting = 8;
/** Bytes that an agent has not taken before whoever tells it more has to wait. */
const mostUnsent = 65_536;

const ignored = (): void => undefined;

/** @param pingEveryMs a socket that has not answered when the next is due is ended. */
export const createAgentSockets = (
  options: ServerOptions<Record<string, unknown> | undefined, AgentExtra>,
  {
    sourceOf,
    admission,
    pingEveryMs,
    log,
  }: {
    sourceOf: (request: IncomingMessage) => string | null;
    admission: AgentAdmission;
    pingEveryMs: number;
    log: Log;
  },
): AgentSockets => {
  const server = makeServer(options);
  const keepAlive = createKeepAlive(pingEveryMs);
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols,
    maxPayload: 16 * 1_024 * 1_024,
    perMessageDeflate: false,
  });

  const turns = createBoundedTurns(mostTurnMs, (error) =>
    log.error({ err: error }, 'a message of an agent was not taken'),
  );

  const opened = (socket: WebSocket, request: IncomingMessage): void => {
    const under = request.socket;
    /** What is said in one turn goes out in one write: an answer and its end are two messages. */
    const gatherWrites = (): void => {
      if (under.writableCorked > 0) return;
      under.cork();
      process.nextTick(() => under.uncork());
    };
    let waiting = 0;
    const inTurn = (handle: () => void): void => {
      waiting += 1;
      if (waiting === mostWaiting) socket.pause();
      turns.add(() => {
        waiting -= 1;
        if (socket.isPaused && waiting < mostWaiting) socket.resume();
        handle();
      });
    };
    const broken = (error: unknown): void => {
      log.warn({ err: error }, 'a socket of an agent failed');
      socket.close(CloseCode.InternalServerError, 'Internal server error');
    };
    socket.once('error', broken);
    keepAlive.watch(socket);
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (text) => {
          if (socket.readyState !== socket.OPEN) return;
          gatherWrites();
          if (socket.bufferedAmount < mostUnsent) return socket.send(text);
          return new Promise((resolve, reject) =>
            socket.send(text, (error) => (error ? reject(error) : resolve())),
          );
        },
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => {
          socket.on('message', (data) => {
            const text = String(data);
            if (text !== pingText) inTurn(() => void handle(text).catch(broken));
            // As ws sends it, in one write instead of two: most of what a server of idle hosts does.
            else if (socket.readyState === socket.OPEN) under.write(pong);
          });
        },
      },
      { socket, underneath: under, sourceAddress: sourceOf(request) },
    );
    socket.once('close', (code, reason) => {
      closed(code, String(reason)).catch((error: unknown) =>
        log.warn({ err: error }, 'the end of an agent’s socket was not told'),
      );
    });
  };

  return {
    upgrade: (request, socket, head) => {
      const source = sourceOf(request);
      // Nobody else listens until its turn comes.
      socket.on('error', ignored);
      turns.somebodyCame();
      turns.add(() => {
        socket.off('error', ignored);
        if (socket.destroyed) return;
        const status = admission.refuses(source);
        if (status !== null) return refuseUpgrade(socket, status);
        sockets.handleUpgrade(request, socket, head, (connection) => {
          admission.opened(connection, socket, source);
          opened(connection, request);
        });
      });
    },
    close: () => {
      keepAlive.stop();
      for (const client of sockets.clients) client.close(1001, 'the server stops');
      return new Promise((resolve, reject) => sockets.close((error) => (error ? reject(error) : resolve())));
    },
  };
};
