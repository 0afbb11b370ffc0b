// A subscriber over SSE, as scripts are: one POST per subscription, by graphql-sse's own client.
// https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md#distinct-connections-mode
import { createClient } from 'graphql-sse';
import type { Subscriber } from './live.ts';
import { until } from './until.ts';

/** Like `subscribe` of live.ts, over SSE. `ended`: the server closed the stream. */
export const subscribeSse = (
  url: string,
  key: string,
  query: string,
  variables: Record<string, unknown> = {},
): Subscriber & { ended(): boolean } => {
  const client = createClient({ url, headers: { authorization: `Bearer ${key}` }, retryAttempts: 0 });
  const received: Record<string, any>[] = [];
  const errors: unknown[] = [];
  let ended = false;
  const stop = client.subscribe<Record<string, any>>(
    { query, variables },
    {
      next: ({ data, errors: failed }) => {
        if (failed) errors.push(...failed);
        const [item] = Object.values(data ?? {});
        if (item) received.push(item);
      },
      error: (error) => {
        errors.push(...(Array.isArray(error) ? error : [error]));
        ended = true;
      },
      complete: () => {
        ended = true;
      },
    },
  );
  return {
    received,
    errors,
    next: (fits, what, withinMs) => until(() => received.find(fits), what, withinMs),
    stop,
    ended: () => ended,
  };
};
