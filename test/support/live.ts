// A subscriber over graphql-ws, as frontends are: graphql-ws's own client.
import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { until } from './until.ts';

export type Subscriber = {
  /** All that was received so far. */
  received: Record<string, any>[];
  errors: unknown[];
  /** Waits for an item that fits. */
  next(
    fits: (item: Record<string, any>) => boolean,
    what: string,
    withinMs?: number,
  ): Promise<Record<string, any>>;
  stop(): void;
};

export const connect = (url: string, key: string): Client =>
  createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${key}` },
    lazy: false,
    retryAttempts: 0,
  });

export const subscribe = (
  client: Client,
  query: string,
  variables: Record<string, unknown> = {},
): Subscriber => {
  const received: Record<string, any>[] = [];
  const errors: unknown[] = [];
  const stop = client.subscribe<Record<string, any>>(
    { query, variables },
    {
      next: ({ data, errors: failed }) => {
        if (failed) errors.push(...failed);
        const [item] = Object.values(data ?? {});
        if (item) received.push(item);
      },
      error: (error) => errors.push(...(Array.isArray(error) ? error : [error])),
      complete: () => undefined,
    },
  );
  return {
    received,
    errors,
    next: (fits, what, withinMs) => until(() => received.find(fits), what, withinMs),
    stop,
  };
};
