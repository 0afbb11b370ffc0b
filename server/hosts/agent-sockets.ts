// graphql-ws over the sockets of agents. Its own way over ws has two timers for each socket, and takes a ping for a message.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CloseCode, handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { refuseUpgrade } from '../access/socket-admission.ts';
import { createKeepAlive } from '../platform/keep-alive.ts';
import type { Log } from '../platform/log.ts';
import type { AgentAdmission } from './agent-admission.ts';

/** What is kept of a connection; not its request, which would stay as long as the socket does. */
export type AgentExtra = { socket: WebSocket; underneath: Socket; sourceAddress: string | null };

export type AgentSockets = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
};

/** As agents write it; said every few seconds by each of them, it is answered before anything is parsed. */
const pingText = '{"type":"ping"}';
const pongText = '{"type":"pong"}';

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

  const opened = (socket: WebSocket, request: IncomingMessage): void => {
    const broken = (error: unknown): void => {
      log.warn({ err: error }, 'a socket of an agent failed');
      socket.close(CloseCode.InternalServerError, 'Internal server error');
    };
    socket.once('error', broken);
    keepAlive.watch(socket);
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (text) =>
          new Promise((resolve, reject) => {
            if (socket.readyState !== socket.OPEN) resolve();
            else socket.send(text, (error) => (error ? reject(error) : resolve()));
          }),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => {
          socket.on('message', (data) => {
            const text = String(data);
            if (text !== pingText) handle(text).catch(broken);
            else if (socket.readyState === socket.OPEN) socket.send(pongText);
          });
        },
      },
      { socket, underneath: request.socket, sourceAddress: sourceOf(request) },
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
      const status = admission.refuses(source);
      if (status !== null) return refuseUpgrade(socket, status);
      sockets.handleUpgrade(request, socket, head, (connection) => {
        admission.opened(connection, socket, source);
        opened(connection, request);
      });
    },
    close: () => {
      keepAlive.stop();
      for (const client of sockets.clients) client.close(1001, 'the server stops');
      return new Promise((resolve, reject) => sockets.close((error) => (error ? reject(error) : resolve())));
    },
  };
};
