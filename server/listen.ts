// The one HTTP server: GraphQL, the agents' path, health, on a port and perhaps a unix socket too.
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Certificate } from './certificate.ts';
import type { Console } from './console.ts';
import { agentLimits } from './hosts/agent-admission.ts';

/** Connections without a socket of callers or agents: requests. Further ones are closed at once. */
const mostRequests = 5_000;

/**
 * Connections that wait to be accepted; the kernel has a limit of its own (net.core.somaxconn). With Node's 511, of a
 * thousand agents that dial at once half would be turned away and try again a second later.
 */
const backlog = 4_096;

/** Of a request, whatever its method. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;
type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export type Listening = {
  url: string;
  port: number;
  /** Shows another certificate from the next connection on. */
  renew(certificate: Certificate): void;
  close(): Promise<void>;
};

/** @param behindProxy the proxy's word counts: the last address of X-Forwarded-For, which it wrote itself. */
export const createSourceOf =
  (behindProxy: boolean) =>
  ({ headers, socket }: IncomingMessage): string | null => {
    const forwarded = behindProxy ? headers['x-forwarded-for'] : undefined;
    const last = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded)?.split(',').at(-1)?.trim();
    return last || socket.remoteAddress || null;
  };

const pathOf = ({ url }: IncomingMessage): string => (url ?? '/').split('?', 1)[0] ?? '/';

/**
 * @param ready whether the server can answer: database open, recovery begun.
 * @param certificate null: no TLS. A unix socket never has it.
 * @param answers what answers which path.
 * @param page what is shown where nothing else answers; null: it was not built.
 * @param upgrades WebSocket endpoints by path.
 * @param sockets of callers, at most.
 */
export const listen = async ({
  host,
  port,
  socket,
  certificate,
  answers,
  page,
  upgrades,
  sockets,
  ready,
}: {
  host: string;
  port: number;
  socket: string | null;
  certificate: Certificate | null;
  answers: ReadonlyMap<string, Answer>;
  page: Console | null;
  upgrades: Readonly<Record<string, Upgrade>>;
  sockets: number;
  ready: () => Promise<boolean>;
}): Promise<Listening> => {
  const say = (response: ServerResponse, status: number, body: string): void => {
    response
      .writeHead(status, { 'content-type': 'text/plain', 'cache-control': 'no-store' })
      .end(`${body}\n`);
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const path = pathOf(request);
    const answer = answers.get(path);
    if (answer) answer(request, response);
    else if (path === '/healthz') say(response, 200, 'ok');
    else if (path === '/readyz')
      ready().then(
        (isReady) => say(response, isReady ? 200 : 503, isReady ? 'ready' : 'not ready'),
        () => say(response, 503, 'not ready'),
      );
    else if (page === null)
      say(response, 404, 'GraphQL is at /graphql; the console was not built: npm run build');
    // A path of the API is never a page, even where it is for sockets alone.
    else if (path in upgrades || !page(request, response, path)) say(response, 404, 'GraphQL is at /graphql');
  };
  const onUpgrade: Upgrade = (request, stream, head) => {
    const upgrade = upgrades[pathOf(request)];
    if (upgrade) upgrade(request, stream, head);
    else stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  };
  // A body that never comes must not hold a connection for Node's default of five minutes. Looked after every 2 seconds.
  const limits = {
    requestTimeout: 15_000,
    headersTimeout: 10_000,
    connectionsCheckingInterval: 2_000,
    maxHeaderSize: 16_384,
  };
  const secure =
    certificate && createTlsServer({ ...limits, ...certificate, minVersion: 'TLSv1.2' }, onRequest);
  const tcp = (secure ?? createServer(limits, onRequest)).on('upgrade', onUpgrade);
  const mostConnections = sockets + agentLimits.total + mostRequests;
  tcp.maxConnections = mostConnections;
  const servers = [tcp];
  await new Promise<void>((resolve, reject) =>
    tcp.once('error', reject).listen({ port, host, backlog }, resolve),
  );
  if (socket !== null) {
    const local = createServer(limits, onRequest).on('upgrade', onUpgrade);
    local.maxConnections = mostConnections;
    // What a killed server left behind.
    rmSync(socket, { force: true });
    await new Promise<void>((resolve, reject) =>
      local.once('error', reject).listen({ path: socket, backlog }, resolve),
    );
    servers.push(local);
  }
  const { port: bound } = tcp.address() as AddressInfo;
  return {
    url: `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}/graphql`,
    port: bound,
    renew: (next) => secure?.setSecureContext({ ...next, minVersion: 'TLSv1.2' }),
    close: async () => {
      await Promise.all(
        servers.map(
          (server) =>
            new Promise<void>((resolve) => {
              server.close(() => resolve());
              server.closeAllConnections();
            }),
        ),
      );
    },
  };
};
