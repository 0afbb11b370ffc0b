// A bare engine on a unix socket that answers what a test tells it to: whole answers, hangs, broken ones.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** GET /info of an engine in no swarm. */
export const inactiveInfo = {
  ID: 'ENGINE:1',
  Name: 'one',
  ServerVersion: '28.5.2',
  OperatingSystem: 'Debian',
  KernelVersion: '6.18',
  OSType: 'linux',
  Architecture: 'x86_64',
  NCPU: 2,
  MemTotal: 1024,
  Driver: 'overlay2',
  Labels: ['disk=ssd'],
  Swarm: {
    NodeID: '',
    NodeAddr: '',
    LocalNodeState: 'inactive',
    ControlAvailable: false,
    Error: '',
    RemoteManagers: null,
  },
};

/** What an answer can be: status and JSON, or a function that does as it likes with the response. */
export type Answer =
  | { status?: number; body?: unknown }
  | ((request: Asked, response: ServerResponse) => void);

/** A request as the engine got it, without the version in its path. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly version: string | undefined;
  readonly body: unknown;
}

/** Starts it. `answers` is read at each call, keyed by `GET /info`; what is missing is a 404. */
export async function startEngineDouble(socketPath: string, { apiVersion = '1.51' } = {}) {
  const asked: Asked[] = [];
  const answers: Record<string, Answer> = {
    'GET /_ping': { body: 'OK' },
    'GET /info': { body: inactiveInfo },
    'GET /version': { body: { ApiVersion: apiVersion, MinAPIVersion: '1.24' } },
    'GET /events': (_, response) => response.flushHeaders(),
  };
  const state = { apiVersion };
  const server = createServer(async (request: IncomingMessage, response) => {
    const url = new URL(request.url ?? '/', 'http://engine');
    const match = /^(?:\/v(\d+\.\d+))?(\/.*)$/.exec(url.pathname);
    let text = '';
    for await (const chunk of request) text += chunk;
    const one: Asked = {
      method: request.method ?? '',
      path: match?.[2] ?? '',
      query: url.searchParams,
      version: match?.[1],
      body: text === '' ? undefined : JSON.parse(text),
    };
    asked.push(one);
    response.setHeader('Api-Version', state.apiVersion);
    response.setHeader('Content-Type', 'application/json');
    const answer = answers[`${one.method} ${one.path}`] ?? {
      status: 404,
      body: { message: `${one.path} is not in this test` },
    };
    if (typeof answer === 'function') return answer(one, response);
    response.statusCode = answer.status ?? 200;
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  });
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('close', () => {
      connections -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    asked,
    answers,
    state,
    connections: () => connections,
    askedFor: (call: string) => asked.filter((one) => `${one.method} ${one.path}` === call),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A running engine double. */
export type EngineDouble = Awaited<ReturnType<typeof startEngineDouble>>;
