// Subscriptions that go on over every break of the line, from the cursor of the last event that came.
import { isAway, SkepError, SkepUnreachable } from './errors.ts';
import type { Line, Result } from './line.ts';
import { pause, waitMs } from './pause.ts';
import { resumable } from './resumable.ts';

export type SubscribeOptions = {
  /** Where to begin: a cursor, such as an answer's `eventCursor`. Default: now, which takes operation:read to ask for. */
  after?: string | undefined;
  /** Ends it, without an error. */
  signal?: AbortSignal | undefined;
  /** Told each time the line comes or goes. While it is away events are not lost: they come when it is back. */
  onLine?: ((up: boolean) => void) | undefined;
};

export type Subscribe = (
  query: string,
  variables: Record<string, unknown>,
  options: SubscribeOptions,
) => AsyncIterableIterator<unknown>;

export const createSubscribe = ({
  line,
  now,
  mostKept,
}: {
  line: () => Promise<Line>;
  /** The cursor of now. */
  now: (signal: AbortSignal) => Promise<string>;
  /** Events that nobody took yet; with so many the server is not asked for more. */
  mostKept: number;
}): { subscribe: Subscribe; close(): void } => {
  const open = new Set<() => void>();
  let isClosed = false;

  const subscribe: Subscribe = (query, given, { after, signal, onLine }) => {
    const cursorOf = resumable(query);
    if (isClosed) throw new SkepUnreachable('the client is closed', { retryable: false });
    const kept: unknown[] = [];
    const variables = { ...given, after: after ?? given.after };
    const ended = new AbortController();
    let isPaused = false;
    let isOver = false;
    let failure: { error: unknown } | null = null;
    let changed = (): void => undefined;
    let stop = (): void => undefined;
    let wasUp: boolean | null = null;

    const tellLine = (up: boolean): void => {
      if (wasUp === up) return;
      wasUp = up;
      onLine?.(up);
    };
    const finish = (why: { error: unknown } | null): void => {
      if (isOver) return;
      isOver = true;
      failure = why;
      stop();
      ended.abort();
      open.delete(end);
      signal?.removeEventListener('abort', end);
      changed();
    };
    const end = (): void => {
      kept.length = 0;
      finish(null);
    };

    const take = ({ data, errors }: Result): void => {
      if (isPaused || isOver) return;
      // A refused cursor is told as a result without data, whatever is wrong with the document as an error.
      if (errors || !data) {
        finish({ error: new SkepError(errors ?? [], data ?? null) });
        return;
      }
      variables.after = cursorOf(data);
      kept.push(data);
      if (kept.length >= mostKept) {
        isPaused = true;
        stop();
      }
      changed();
    };

    const begin = async (): Promise<void> => {
      const here = await line();
      for (let tries = 0; !isOver && typeof variables.after !== 'string'; tries += 1) {
        try {
          variables.after = await now(ended.signal);
        } catch (error) {
          if (!isAway(error)) throw error;
          tellLine(false);
          await pause(waitMs(tries), ended.signal);
        }
      }
      if (isOver) return;
      stop = here.subscribe(query, variables, {
        next: take,
        end: () => finish(null),
        fail: (error) => finish({ error }),
        line: tellLine,
      });
    };
    const start = (): void => void begin().catch((error: unknown) => finish({ error }));

    async function* events(): AsyncGenerator<unknown> {
      for (;;) {
        if (kept.length > 0) yield kept.shift();
        else if (failure) throw failure.error;
        else if (isOver) return;
        else if (isPaused) {
          isPaused = false;
          start();
        } else
          await new Promise<void>((resolve) => {
            changed = resolve;
          });
      }
    }
    const iterator = events();

    open.add(end);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
    else start();
    return {
      next: () => iterator.next(),
      // A generator's own return() would wait for the event that it is waiting for.
      return: () => {
        end();
        return iterator.return(undefined);
      },
      throw: (error) => {
        end();
        return iterator.throw(error);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };

  return {
    subscribe,
    close: () => {
      isClosed = true;
      for (const each of [...open]) each();
    },
  };
};
