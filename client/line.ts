// The one socket that all subscriptions share: dialled when there is one to serve, again after each break, and closed after the last.
import { CloseCode, createClient, type Client as Socket } from 'graphql-ws/client';
import { type ApiError, SkepError, SkepUnreachable } from './errors.ts';
import { pause, waitMs } from './pause.ts';

/** What `new` makes a socket of: the browser's WebSocket, Node's, or that of the package ws. */
export type WebSocketClass = new (url: string, protocols: string) => object;

export type Result = { data?: object | null; errors?: readonly ApiError[] };

/** What a subscription is told, until `end` or `fail`. */
export type Listener = {
  next(result: Result): void;
  end(): void;
  fail(error: unknown): void;
  line(up: boolean): void;
};

export type Line = {
  /** @param variables read anew at each dial. @returns what ends it; nothing is told after that. */
  subscribe(query: string, variables: object, listener: Listener): () => void;
  close(): Promise<void>;
};

const ackTimeoutMs = 10_000;
type Closed = { code: number; reason: string };
const isClosed = (cause: unknown): cause is Closed =>
  typeof cause === 'object' && cause !== null && 'code' in cause && 'reason' in cause;

/** A defect, a gateway in trouble, or too many callers at once: all of them end. */
const passing: readonly number[] = [
  1011,
  CloseCode.InternalServerError,
  CloseCode.TooManyInitialisationRequests,
];

/** Null: worth another try. */
const decisive = (cause: unknown): unknown => {
  if (Array.isArray(cause)) return new SkepError(cause);
  if (!isClosed(cause)) return cause;
  if (passing.includes(cause.code)) return null;
  if (cause.code === CloseCode.Forbidden)
    return new SkepError([
      {
        message: 'the key was refused',
        extensions: { code: 'UNAUTHENTICATED', hint: 'use another key', retryable: false },
      },
    ]);
  return new SkepUnreachable(`the socket was closed with ${cause.code} ${cause.reason}`.trim(), {
    retryable: false,
  });
};

export const createLine = ({
  url,
  key,
  webSocket,
  pingMs,
}: {
  url: string;
  key: () => Promise<string>;
  webSocket: WebSocketClass;
  /** Half as long may the answer take, then the line counts as cut: the socket itself would notice after minutes. */
  pingMs: number;
}): Line => {
  const listeners = new Set<Listener>();
  let isUp = false;
  let open: { onmessage: unknown } | null = null;
  let ponged: ReturnType<typeof setTimeout> | undefined;
  let noKey: unknown = null;
  let isOver = false;

  const tell = (up: boolean): void => {
    if (isUp === up) return;
    isUp = up;
    for (const listener of [...listeners]) listener.line(up);
  };

  /** Nobody waits for a line that is no longer wanted. */
  let wanted = new AbortController();
  const wait = (tries: number): Promise<void> => pause(waitMs(tries), wanted.signal);
  const giveUp = (): void => {
    wanted.abort();
    wanted = new AbortController();
  };

  const socket: Socket = createClient({
    url,
    webSocketImpl: webSocket,
    lazy: true,
    keepAlive: pingMs,
    connectionAckWaitTimeout: ackTimeoutMs,
    connectionParams: async () => {
      try {
        return { authorization: `Bearer ${await key()}` };
      } catch (error) {
        noKey = error;
        throw error;
      }
    },
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: (cause) => cause !== noKey && !(isClosed(cause) && cause.code === CloseCode.Forbidden),
    retryWait: wait,
    on: {
      connected: (connected) => {
        open = connected as { onmessage: unknown };
        tell(true);
      },
      ping: (received) => {
        if (received) return;
        clearTimeout(ponged);
        ponged = setTimeout(() => {
          // What a frozen line still holds would come a second time, over the next one.
          if (open) open.onmessage = null;
          socket.terminate();
        }, pingMs / 2);
      },
      pong: (received) => {
        if (received) clearTimeout(ponged);
      },
      closed: () => {
        clearTimeout(ponged);
        open = null;
        tell(false);
      },
      error: () => {
        if (!open) for (const listener of [...listeners]) listener.line(false);
      },
    },
  });

  return {
    subscribe: (query, variables, listener) => {
      let tries = 0;
      let stop = (): void => undefined;
      const isListening = (): boolean => listeners.has(listener);
      const end = (): void => {
        listeners.delete(listener);
        // Not at once: the server's own end may stand in what is read just now, and counts as another one then.
        queueMicrotask(() => stop());
        if (listeners.size === 0) giveUp();
      };
      const start = (): void => {
        stop = socket.subscribe(
          { query, variables: variables as Record<string, unknown> },
          {
            next: (result) => {
              tries = 0;
              if (isListening()) listener.next(result as Result);
            },
            error: (cause) => {
              if (!isListening()) return;
              const error = decisive(cause);
              if (error === null) {
                void wait(tries++).then(() => isListening() && start());
                return;
              }
              end();
              listener.fail(error);
            },
            complete: () => {
              if (!isListening()) return;
              end();
              listener.end();
            },
          },
        );
      };
      listeners.add(listener);
      if (isUp) listener.line(true);
      start();
      return end;
    },
    close: async () => {
      if (isOver) return;
      isOver = true;
      giveUp();
      await Promise.resolve(socket.dispose()).catch(() => undefined);
    },
  };
};
