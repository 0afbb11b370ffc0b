// GraphQL over WebSocket, by graphql-ws: the same documents, rules and rights as over HTTP.
// https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { parse, specifiedRules, validate } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Parts } from '../context.ts';
import type { Log } from '../platform/log.ts';
import { authenticate, presentedKey } from './authenticate.ts';
import { createMaskError } from './errors.ts';
import { maxBodyBytes } from './http.ts';
import { oneMutationField } from './one-mutation.ts';
import { schema } from './schema.ts';

export type SocketEndpoint = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
};

const keepAliveMs = 12_000;
const keyOf = (params: Record<string, unknown> | undefined): unknown =>
  params?.authorization ?? params?.Authorization;
/** graphql-ws closes an unauthenticated connection with this code. */
const forbidden = 4403;

export const createSocketEndpoint = ({ parts, log }: { parts: Parts; log: Log }): SocketEndpoint => {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxBodyBytes, perMessageDeflate: false });
  const mask = createMaskError(log);

  const dispose = useServer(
    {
      connectionInitWaitTimeout: 5_000,
      onConnect: ({ connectionParams, extra }) => {
        const key = presentedKey(keyOf(connectionParams));
        const viewer = key === null ? null : parts.apiKeys.authenticate(key);
        if (!viewer) return false;
        const forget = parts.apiKeys.onEnd(viewer.id, () => extra.socket.close(forbidden, 'Forbidden'));
        extra.socket.once('close', forget);
        return true;
      },
      onSubscribe: ({ connectionParams, extra }, _id, payload) => {
        try {
          const contextValue = authenticate(parts, keyOf(connectionParams), parts.sourceOf(extra.request));
          const document = parse(payload.query);
          const errors = validate(schema, document, [...specifiedRules, oneMutationField]);
          if (errors.length > 0) return errors.map(mask);
          return {
            schema,
            document,
            operationName: payload.operationName,
            variableValues: payload.variables,
            contextValue,
          };
        } catch (error) {
          return [mask(error)];
        }
      },
      onNext: (_context, _id, _payload, _args, result) =>
        result.errors ? { ...result, errors: result.errors.map(mask) } : undefined,
      onError: (_context, _id, _payload, errors) => errors.map(mask),
    },
    sockets,
    keepAliveMs,
  );

  return {
    upgrade: (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (connection) =>
        sockets.emit('connection', connection, request),
      ),
    close: async () => {
      for (const client of sockets.clients) client.close(1001, 'the server stops');
      await dispose.dispose();
    },
  };
};
