// Requests and sockets as no well-behaved client sends them.
import { connect } from 'node:net';
import WebSocket from 'ws';
import type { ServerProcess } from '../../lab/processes.ts';

export type Told = {
  status: number;
  headers: Headers;
  text: string;
  /** Codes of the errors of a JSON answer. */
  codes: (string | undefined)[];
  data: Record<string, any> | null | undefined;
};

/** JSON by POST with the admin's key, where nothing else is said. */
export type Sent = {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array | null;
  key?: string | null;
};

const read = (text: string): { data?: any; errors?: { extensions?: { code?: string } }[] } => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

export const send = async (
  { url, adminKey }: Pick<ServerProcess, 'url' | 'adminKey'>,
  { method = 'POST', headers = {}, body = null, key = adminKey }: Sent,
): Promise<Told> => {
  const response = await fetch(url, {
    method,
    headers: {
      accept: 'application/json',
      ...(body === null ? {} : { 'content-type': 'application/json' }),
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(body === null ? {} : { body: body as BodyInit }),
  });
  const text = await response.text();
  const { data, errors = [] } = read(text);
  return {
    status: response.status,
    headers: response.headers,
    text,
    codes: errors.map(({ extensions }) => extensions?.code),
    data,
  };
};

/** Bytes on a TCP connection, and all that comes back until the server closes it. */
export const sendBytes = (
  { url }: Pick<ServerProcess, 'url'>,
  ...parts: (string | Uint8Array)[]
): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    let text = '';
    const connection = connect(Number(port), hostname);
    connection.on('data', (chunk) => {
      text += chunk;
    });
    connection.on('error', () => undefined);
    connection.on('close', () => resolve(text));
    for (const part of parts) connection.write(part);
  });

/** The text of a POST, its head as one wants it. */
export const post = (key: string, body: string, head = ''): string =>
  `POST /graphql HTTP/1.1\r\nHost: skep\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${head}Connection: close\r\n\r\n${body}`;

export type Message = { type: string; id?: string; payload?: any };
export type RawSocket = {
  socket: WebSocket;
  /** All messages so far. */
  messages: Message[];
  send(message: Message | string): void;
  init(key: string | null): void;
  subscribe(id: string, query: string, variables?: Record<string, unknown>): void;
  /** How it was closed; `http` when the upgrade was refused. */
  closed: Promise<{ code: number; reason: string; http: number | null }>;
  close(): void;
};

export const openSocket = (
  { socketUrl }: Pick<ServerProcess, 'socketUrl'>,
  {
    protocols = ['graphql-transport-ws'],
    origin,
    headers = {},
  }: { protocols?: string[]; origin?: string; headers?: Record<string, string> } = {},
): RawSocket => {
  const socket = new WebSocket(socketUrl, protocols, {
    headers,
    ...(origin === undefined ? {} : { origin }),
  });
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as Message));
  socket.on('error', () => undefined);
  const closed = new Promise<{ code: number; reason: string; http: number | null }>((resolve) => {
    socket.on('unexpected-response', (request, response) => {
      resolve({ code: 0, reason: '', http: response.statusCode ?? 0 });
      request.destroy();
    });
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason), http: null }));
  });
  const sendNow = (message: Message | string): void => {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    if (socket.readyState === socket.CONNECTING) socket.once('open', () => socket.send(text));
    else socket.send(text, () => undefined);
  };
  return {
    socket,
    messages,
    closed,
    send: sendNow,
    init: (key) =>
      sendNow({ type: 'connection_init', payload: key === null ? {} : { authorization: `Bearer ${key}` } }),
    subscribe: (id, query, variables = {}) =>
      sendNow({ type: 'subscribe', id, payload: { query, variables } }),
    close: () => socket.terminate(),
  };
};
