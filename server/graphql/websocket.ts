// GraphQL over WebSocket, by graphql-ws: the same documents, rules and rights as over HTTP.
// https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSourceEventStream, type ExecutionArgs } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type OperationResult, type ServerOptions } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { createSocketAdmission, refuseUpgrade, type SocketLimits } from '../access/socket-admission.ts';
import type { Asker, Parts } from '../context.ts';
import { Failure } from '../platform/failure.ts';
import { createKeepAlive } from '../platform/keep-alive.ts';
import type { Log } from '../platform/log.ts';
import type { Admit } from './admit.ts';
import type { Authenticate } from './authenticate.ts';
import type { ReadDocument } from './document.ts';
import { createMaskError, withoutHttp } from './errors.ts';
import type { Origins } from './origins.ts';
import type { Outlet } from './outlet.ts';
import { maxBodyBytes, readParams } from './request-body.ts';
import { schema } from './schema.ts';
import { createSharedSubscriptions } from './shared-subscriptions.ts';
import type { SlowReaders } from './slow-readers.ts';
import { isChangeStream } from './stream.ts';

export type SocketEndpoint = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
};

/** Those that are not configured; `operations`: at a time on one socket. */
export const callerLimits = { unidentified: 40, operations: 50 } as const;

/** Not its request: that would be kept as long as the socket. */
type Extra = { socket: WebSocket; outlet: Outlet; sourceAddress: string | null };
const keepAliveMs = 12_000;

type InitPayload = Record<string, unknown> | undefined;
const keyOf = (params: InitPayload): unknown => params?.authorization ?? params?.Authorization;

/** A close frame holds 123 bytes; a client's own id may be among them. */
const closeReason = (reason: string | undefined): string | undefined =>
  reason && Buffer.from(reason).subarray(0, 120).toString();

export const createSocketEndpoint = ({
  parts,
  authenticate,
  read,
  admit,
  origins,
  slowReaders,
  limits,
  log,
}: {
  parts: Parts;
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
  const mask = createMaskError(log);
  const told = (error: unknown) => withoutHttp(mask(error));
  const admission = createSocketAdmission(limits);
  const shared = createSharedSubscriptions(parts, told);
  const keepAlive = createKeepAlive(keepAliveMs);

  const onConnect: ServerOptions<InitPayload, Extra>['onConnect'] = async ({ connectionParams, extra }) => {
    let asker: Asker;
    try {
      asker = await authenticate(keyOf(connectionParams), extra.sourceAddress);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Refused as any other, with a code that says why; the close after it has no effect.
      if (error.code === 'RATE_LIMITED')
        extra.socket.close(CloseCode.TooManyInitialisationRequests, 'Too many attempts');
      return false;
    }
    admission.identified(extra.socket);
    const forget = parts.apiKeys.onEnd(asker.viewer.id, () =>
      extra.socket.close(CloseCode.Forbidden, 'Forbidden'),
    );
    extra.socket.once('close', forget);
    return true;
  };

  const server = makeServer<InitPayload, Extra>({
    connectionInitWaitTimeout: 5_000,
    onConnect,
    onSubscribe: async ({ connectionParams, extra, subscriptions }, _id, payload) => {
      try {
        // With this one.
        if (Object.keys(subscriptions).length > limits.operations)
          throw new Failure(
            'RATE_LIMITED',
            `${limits.operations} operations are open on this socket`,
            'complete some first',
            { retryAfterSeconds: 1 },
          );
        const asker = await authenticate(keyOf(connectionParams), extra.sourceAddress);
        const { query, operationName, variables } = readParams(payload);
        const { document, errors } = read(query);
        if (errors.length > 0) return errors.map(told);
        await admit({ document, operationName, variables }, asker);
        return {
          schema,
          document,
          operationName,
          variableValues: variables,
          contextValue: { ...parts, ...asker },
        };
      } catch (error) {
        return [told(error)];
      }
    },
    // The source, not its results: those are the same for many, and made once for all of them.
    subscribe: (args: ExecutionArgs) => createSourceEventStream(args) as OperationResult,
    onOperation: ({ extra: { outlet } }, id, { query }, args, result) =>
      'next' in result && isChangeStream(result)
        ? shared.open({ id, outlet, source: result.source, query, args })
        : undefined,
    onNext: (_context, _id, _payload, _args, result) =>
      result.errors ? { ...result, errors: result.errors.map(told) } : undefined,
    onError: (_context, _id, _payload, errors) => errors.map(told),
  });

  /** As graphql-ws/use/ws does, but for what it tells the console and the close reason of an error. */
  const serve = (socket: WebSocket, request: IncomingMessage, stream: Duplex): void => {
    const sourceAddress = parts.sourceOf(request);
    admission.opened(socket, sourceAddress);
    keepAlive.watch(socket);
    socket.on('error', (error) => log.debug({ err: error }, 'a socket failed'));
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (data) =>
          new Promise((resolve) => {
            if (socket.readyState !== socket.OPEN) return resolve();
            // One that fails is of a socket that is gone, and its close ends the operation.
            socket.send(data, () => resolve());
          }),
        close: (code, reason) => socket.close(code, closeReason(reason)),
        onMessage: (take) =>
          socket.on('message', (message) => {
            take(String(message)).catch((error: unknown) => {
              // It may have gone while it was answered.
              if (socket.readyState !== socket.OPEN) return;
              log.error({ err: error }, 'a socket’s message failed unexpectedly');
              socket.close(CloseCode.InternalServerError, 'Internal server error');
            });
          }),
      },
      { socket, outlet: { socket, stream, waiting: null }, sourceAddress },
    );
    socket.once('close', (code, reason) => {
      closed(code, String(reason)).catch((error: unknown) =>
        log.error({ err: error }, 'a socket’s operations did not end'),
      );
    });
  };

  return {
    upgrade: (request, socket, head) => {
      const status = origins.mayConnect(request) ? admission.refuses(parts.sourceOf(request)) : 403;
      if (status !== null) {
        refuseUpgrade(socket, status);
        return;
      }
      slowReaders.watch(socket);
      sockets.handleUpgrade(request, socket, head, (opened) => serve(opened, request, socket));
    },
    close: async () => {
      keepAlive.stop();
      for (const client of sockets.clients) client.close(1001, 'the server stops');
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
    },
  };
};
