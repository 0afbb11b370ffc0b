// The two ways to the server: requests over HTTP, subscriptions over one socket. The browser's cookie says who asks.
import { type AnyVariables, Client, type CombinedError, cacheExchange, fetchExchange } from '@urql/core';
import { createClient, type Client as Socket } from 'graphql-ws';

/** A document that npm run generate typed. */
export type TypedDocument<Data, Variables> = {
  toString(): string;
  __apiType?: (variables: Variables) => Data;
};

export type ApiError = { code: string; message: string; hint: string | null };

/** Of a request that was not answered. */
export class RequestError extends Error {
  override name = 'RequestError';
  readonly errors: readonly ApiError[];
  constructor(errors: readonly ApiError[]) {
    super(errors.map(({ message }) => message).join('; '));
    this.errors = errors;
  }
}

export const createRequests = (): Client =>
  new Client({
    url: '/graphql',
    exchanges: [cacheExchange, fetchExchange],
    requestPolicy: 'cache-and-network',
    preferGetMethod: false,
  });

export const apiErrors = ({ graphQLErrors, networkError }: CombinedError): ApiError[] =>
  networkError
    ? [{ code: 'UNREACHABLE', message: 'the server does not answer', hint: networkError.message }]
    : graphQLErrors.map(({ message, extensions }) => ({
        code: typeof extensions.code === 'string' ? extensions.code : 'INTERNAL',
        message,
        hint: typeof extensions.hint === 'string' ? extensions.hint : null,
      }));

/** One request, past every cache. @throws RequestError */
export type Ask = <Data, Variables extends AnyVariables>(
  document: TypedDocument<Data, Variables>,
  variables: Variables,
) => Promise<Data>;

export const createAsk =
  (requests: Client): Ask =>
  async <Data, Variables extends AnyVariables>(
    document: TypedDocument<Data, Variables>,
    variables: Variables,
  ) => {
    const text = document.toString();
    const { data, error } = /^\s*mutation\b/.test(text)
      ? await requests.mutation<Data, Variables>(text, variables)
      : await requests.query<Data, Variables>(text, variables, { requestPolicy: 'network-only' });
    if (error) throw new RequestError(apiErrors(error));
    if (!data) throw new RequestError([{ code: 'INTERNAL', message: 'an answer without data', hint: null }]);
    return data;
  };

/** How long a ping may stay unanswered before the line counts as cut: the browser itself would notice after minutes. */
const pongTimeoutMs = 5_000;
const longestWaitMs = 5_000;

/** Closed by the server because the session or its key ended. */
const forbidden = 4403;

/** @param onEnded the session is over: no use to try again. */
export const createSocket = ({
  onOpen,
  onCut,
  onEnded,
}: {
  onOpen: () => void;
  onCut: () => void;
  onEnded: () => void;
}): Socket => {
  let open: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return createClient({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    lazy: true,
    keepAlive: 10_000,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: (retries) =>
      new Promise((resolve) =>
        setTimeout(resolve, Math.min(longestWaitMs, 250 * 2 ** retries) * (0.75 + Math.random() / 2)),
      ),
    on: {
      connected: (socket) => {
        open = socket as WebSocket;
        onOpen();
      },
      ping: (received) => {
        if (received) return;
        clearTimeout(timer);
        timer = setTimeout(() => open?.close(4408, 'No answer to a ping'), pongTimeoutMs);
      },
      pong: (received) => {
        if (received) clearTimeout(timer);
      },
      closed: (event) => {
        clearTimeout(timer);
        if ((event as CloseEvent).code === forbidden) onEnded();
        else onCut();
      },
    },
  });
};
