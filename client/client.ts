// A caller of Skep: questions over HTTP, subscriptions over one socket that go on over every break.
import { type TypedDocument, textOf } from './document.ts';
import { createLine, type Line, type WebSocketClass } from './line.ts';
import { createPerform } from './perform.ts';
import { createSend } from './request.ts';
import { createResend } from './resend.ts';
import { createSubscribe, type SubscribeOptions } from './subscribe.ts';

export { SkepError, SkepUnreachable } from './errors.ts';
export type { SubscribeOptions, TypedDocument };

export type RequestOptions = {
  /** Gives up; what was sent may still be done. The request throws the signal's reason. */
  signal?: AbortSignal | undefined;
};

/** Of documents that need no variable. */
type None = Record<never, never>;

export type SkepClient = {
  /**
   * A query or a mutation, and its data. When the connection breaks before there is an answer, a query is sent again, and
   * so is a mutation with an idempotency key; of another one it is not known whether it was taken.
   * @throws SkepError when there are errors, SkepUnreachable when no answer came.
   */
  request<Data>(
    document: TypedDocument<Data, None>,
    variables?: undefined,
    options?: RequestOptions,
  ): Promise<Data>;
  request<Data = Record<string, unknown>>(
    document: string,
    variables?: Record<string, unknown>,
    options?: RequestOptions,
  ): Promise<Data>;
  request<Data, Variables extends object>(
    document: TypedDocument<Data, Variables>,
    variables: NoInfer<Variables>,
    options?: RequestOptions,
  ): Promise<Data>;
  /**
   * A mutation until its operation is final, also beyond `waitSeconds`, which takes operation:read. The document selects
   * `id state failure { code message hint }` of the operation. An input without an idempotency key is given one, so that it
   * can be sent again. A secret is told by the first answer only, and when the operation has ended in it: null otherwise.
   * @throws SkepError unless the operation is SUCCEEDED: with the code of its failure, or its state where it has none
   * (CANCELLED), and with the answer as `data`; and what `request` throws.
   */
  perform<Data = Record<string, unknown>>(
    document: string,
    variables?: Record<string, unknown>,
    options?: RequestOptions,
  ): Promise<Data>;
  perform<Data, Variables extends object>(
    document: TypedDocument<Data, Variables>,
    variables: NoInfer<Variables>,
    options?: RequestOptions,
  ): Promise<Data>;
  /**
   * Each event once and in order. Goes on over every break by the event's cursor; ends by `signal` or `return()`.
   * The document takes `after: $after`, which the client moves along, and selects `cursor`.
   * @throws SkepError BAD_USER_INPUT at once, when the document does not; CURSOR_TOO_OLD when events may have been missed,
   * and what else the server refuses, when the next event is taken.
   */
  subscribe<Data>(
    document: TypedDocument<Data, None>,
    variables?: undefined,
    options?: SubscribeOptions,
  ): AsyncIterableIterator<Data>;
  subscribe<Data = Record<string, unknown>>(
    document: string,
    variables?: Record<string, unknown>,
    options?: SubscribeOptions,
  ): AsyncIterableIterator<Data>;
  subscribe<Data, Variables extends object>(
    document: TypedDocument<Data, Variables>,
    variables: NoInfer<Variables>,
    options?: SubscribeOptions,
  ): AsyncIterableIterator<Data>;
  /** Ends all subscriptions, closes the socket and dials no other. */
  close(): Promise<void>;
};

export type SkepClientOptions = {
  /** Of the server's GraphQL, such as https://skep.example.org/graphql; the path may be left out. */
  url: string;
  /** The API key, or what gives it: asked for each request and each dial of the socket. */
  key: string | (() => string | Promise<string>);
  /** @default the global one */
  fetch?: typeof globalThis.fetch | undefined;
  /** @default the global one, and that of the package ws where there is none (Node 20) */
  webSocket?: WebSocketClass | undefined;
  /** How long an answer may take. A mutation waits for its end, at most 120 seconds. @default 180,000 */
  timeoutMs?: number | undefined;
  /** How often a request is sent again. @default 2 */
  resends?: number | undefined;
  /** Events of a subscription that are kept until they are taken; with so many the server is not asked for more. @default 1,000 */
  mostKept?: number | undefined;
  /** How often the socket is asked whether the server is still there; it may take half as long. @default 10,000 */
  pingMs?: number | undefined;
};

/** @throws TypeError when the address is none. */
const endpoint = (given: string): URL => {
  // localhost:4000 is an address, too: of the scheme localhost.
  if (!/^https?:\/\//i.test(given) || !URL.canParse(given))
    throw new TypeError(`«${given}» is no address of a server: write it as https://skep.example.org`);
  const url = new URL(given);
  if (url.pathname === '/') url.pathname = '/graphql';
  return url;
};

const socketUrl = (url: URL): string => {
  const socket = new URL(url);
  socket.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return String(socket);
};

const webSocketOf = async (given: WebSocketClass | undefined): Promise<WebSocketClass> =>
  given ?? globalThis.WebSocket ?? (await import('ws')).WebSocket;

/** @throws TypeError when the address is none. */
export const createSkepClient = ({
  url: address,
  key: given,
  fetch = globalThis.fetch,
  webSocket,
  timeoutMs = 180_000,
  resends = 2,
  mostKept = 1_000,
  pingMs = 10_000,
}: SkepClientOptions): SkepClient => {
  const url = endpoint(address);
  const key = async (): Promise<string> => (typeof given === 'function' ? given() : given);
  const send = createResend(
    createSend({ url: String(url), key, fetch: (...asked) => fetch(...asked), timeoutMs }),
    resends,
  );
  let line: Promise<Line> | null = null;
  const subscriptions = createSubscribe({
    mostKept,
    line: () => {
      line ??= webSocketOf(webSocket).then((found) =>
        createLine({ url: socketUrl(url), key, webSocket: found, pingMs }),
      );
      return line;
    },
    now: async (signal) => {
      const { eventCursor } = (await send('{ eventCursor }', undefined, signal)) as { eventCursor: string };
      return eventCursor;
    },
  });

  const act = createPerform({ send, subscribe: subscriptions.subscribe });

  type Document = TypedDocument<never, never> | string;
  const request = (document: Document, variables?: object, { signal }: RequestOptions = {}) =>
    send(textOf(document), variables, signal);
  const subscribe = (document: Document, variables: object = {}, options: SubscribeOptions = {}) =>
    subscriptions.subscribe(textOf(document), { ...variables }, options);
  const perform = (document: Document, variables: object = {}, { signal }: RequestOptions = {}) =>
    act(textOf(document), { ...variables }, signal);
  return {
    // The overloads say what each document gives and takes; an answer is what was asked for.
    request: request as SkepClient['request'],
    perform: perform as SkepClient['perform'],
    subscribe: subscribe as SkepClient['subscribe'],
    close: async () => {
      subscriptions.close();
      await (await line)?.close();
    },
  };
};
