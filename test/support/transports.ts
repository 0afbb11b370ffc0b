// The two ways to subscribe, as one: what holds for graphql-ws must hold for SSE.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { type Subscriber, subscribe } from './live.ts';
import { subscribeSse } from './sse.ts';
import type { System } from './system.ts';

export type Listen = (
  system: Pick<System, 'server'>,
  query: string,
  variables?: Record<string, unknown>,
  key?: string,
) => Subscriber & { ended(): boolean };

export type Transport = { transport: 'graphql-ws' | 'SSE'; listen: Listen };

/** Each listener has a connection of its own, closed by its `stop`. */
export const transports: readonly Transport[] = [
  {
    transport: 'graphql-ws',
    listen: ({ server }, query, variables, key = server.adminKey) => {
      const client = createClient({
        url: server.socketUrl,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${key}` },
        retryAttempts: 0,
      });
      const subscriber = subscribe(client, query, variables);
      return {
        ...subscriber,
        // A closed socket is told as an error.
        ended: () => subscriber.errors.length > 0,
        stop: () => {
          subscriber.stop();
          void client.dispose();
        },
      };
    },
  },
  {
    transport: 'SSE',
    listen: ({ server }, query, variables, key = server.adminKey) =>
      subscribeSse(server.url, key, query, variables),
  },
];
