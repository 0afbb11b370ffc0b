// GraphQL over WebSocket: the sockets, and what each is let do. What is said over them is protocol.ts's.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols } from 'graphql-ws';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { createSocketAdmission, refuseUpgrade, type SocketLimits } from '../access/socket-admission.ts';
import type { Parts } from '../context.ts';
import { Failure } from '../platform/failure.ts';
import { createKeepAlive } from '../platform/keep-alive.ts';
import type { Log } from '../platform/log.ts';
import type { Admit } from './admit.ts';
import type { Authenticate } from './authenticate.ts';
import type { ReadDocument } from './document.ts';
import { createMaskError, withoutHttp } from './errors.ts';
import { createKeySockets } from './key-sockets.ts';
import { createOperate } from './operate.ts';
import type { Origins } from './origins.ts';
import type { Present, Presented } from './present.ts';
import { closeFor, createProtocol, type Peer } from './protocol.ts';
import { maxBodyBytes } from './request-body.ts';
import { createSharedSubscriptions } from './shared-subscriptions.ts';
import type { SlowReaders } from './slow-readers.ts';

export type SocketEndpoint = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
};

/** Those that are not configured; `operations`: at a time on one socket. */
export const callerLimits = { unidentified: 40, operations: 50 } as const;

const keepAliveMs = 12_000;
/** One for all that come without a cookie. */
const nothing: Presented = { authorization: undefined };

export const createSocketEndpoint = ({
  parts,
  present,
  authenticate,
  read,
  admit,
  origins,
  slowReaders,
  limits,
  log,
}: {
  parts: Parts;
  present: Present;
  authenticate: Authenticate;
  read: ReadDocument;
  admit: Admit;
  origins: Origins;
  slowReaders: SlowReaders;
  limits: SocketLimits & { operations: number };
  log: Log;
}): SocketEndpoint => {
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols,
    maxPayload: maxBodyBytes,
    perMessageDeflate: false,
    maxFragments: 64,
    maxBufferedChunks: 1_024,
    // A peer that does not answer the close: not in the types yet.
    ...{ closeTimeout: 2_000 },
  });
  const mask = createMaskError(log, parts.tally.error);
  const told = (error: unknown) => withoutHttp(mask(error));
  const admission = createSocketAdmission(limits);
  const keepAlive = createKeepAlive(keepAliveMs);

  const forbid = (socket: WebSocket): void => socket.close(CloseCode.Forbidden, 'Forbidden');
  const keySockets = createKeySockets(parts.apiKeys, forbid);
  // Told of the end of its key, too.
  const sessionSockets = createKeySockets(parts.sessions, forbid);
  const peers = new Map<WebSocket, Peer>();
  const shared = createSharedSubscriptions(parts, told, (member, last) => {
    const peer = peers.get(member.outlet.socket);
    if (peer) protocol.ended(peer, member, last);
  });

  const greet = async (peer: Peer): Promise<string | null> => {
    const { socket } = peer;
    try {
      const { viewer, session } = await authenticate(peer.presented, peer.sourceAddress);
      // It may have gone meanwhile.
      if (!peers.has(socket)) return null;
      admission.identified(socket);
      peer.sessionId = session;
      if (session === null) keySockets.add(viewer.id, socket);
      else sessionSockets.add(session, socket);
      return viewer.id;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Refused as any other, with a code that says why; the close after it has no effect.
      if (error.code === 'RATE_LIMITED')
        closeFor(peer, CloseCode.TooManyInitialisationRequests, 'Too many attempts');
      return null;
    }
  };
  const operate = createOperate({ parts, authenticate, read, admit, told });
  const protocol = createProtocol({ greet, operate, shared, told, mostOperations: limits.operations });

  // One function for all sockets, and what is known of each in one object: both are there as long as a socket is open.
  function onMessage(this: WebSocket, message: RawData): void {
    const peer = peers.get(this);
    if (!peer) return;
    protocol.take(peer, String(message)).catch((error: unknown) => {
      // It may have gone while it was answered.
      if (this.readyState !== this.OPEN) return;
      log.error({ err: error }, 'a socket’s message failed unexpectedly');
      this.close(CloseCode.InternalServerError, 'Internal server error');
    });
  }
  function onClose(this: WebSocket): void {
    const peer = peers.get(this);
    if (!peer) return;
    peers.delete(this);
    if (peer.sessionId !== null) sessionSockets.delete(peer.sessionId, this);
    else if (peer.keyId !== null) keySockets.delete(peer.keyId, this);
    protocol.closed(peer);
  }
  const onError = (error: Error): void => log.debug({ err: error }, 'a socket failed');

  const serve = (
    socket: WebSocket,
    stream: Duplex,
    presented: Presented,
    sourceAddress: string | null,
  ): void => {
    admission.opened(socket, sourceAddress);
    keepAlive.watch(socket);
    socket.on('error', onError);
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
      socket.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable');
      return;
    }
    const peer: Peer = {
      socket,
      stream,
      waiting: null,
      sourceAddress,
      presented,
      keyId: null,
      sessionId: null,
      greeted: false,
      timer: null,
      operations: [],
    };
    peers.set(socket, peer);
    protocol.opened(peer);
    socket.on('message', onMessage).on('close', onClose);
  };

  return {
    upgrade: (request, socket, head) => {
      const status = origins.mayConnect(request) ? admission.refuses(parts.sourceOf(request)) : 403;
      if (status !== null) {
        refuseUpgrade(socket, status);
        return;
      }
      slowReaders.watch(socket);
      sockets.handleUpgrade(request, socket, head, (opened) =>
        serve(opened, socket, present.cookieOf(request) ?? nothing, parts.sourceOf(request)),
      );
    },
    close: async () => {
      keepAlive.stop();
      for (const client of sockets.clients) client.close(1001, 'the server stops');
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
    },
  };
};
