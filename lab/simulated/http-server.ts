// The HTTP side of one engine: its unix socket, API versions, bodies, errors, faults.
import { linkSync, renameSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from './api-error.ts';
import type { EngineProfile } from './engine-versions.ts';
import { streamEvents } from './events-route.ts';
import type { FaultRule, Faults } from './faults.ts';
import { swarmHeader } from './info.ts';
import type { Engine, World } from './model.ts';
import { parseBody } from './request-body.ts';
import { findRoute } from './routes.ts';

/** One call that an engine answered, for tests to count. */
export type CallRecord = { readonly method: string; readonly path: string; readonly status: number };

/** The listening side of an engine. */
export type EngineServer = {
  listen(): Promise<void>;
  /** Breaks every connection. `crash` leaves the socket file behind, so that a dial is refused as after a kill -9. */
  close(how: 'crash' | 'clean'): Promise<void>;
  /** Lets calls through again that arrived while the engine was frozen. */
  thaw(): void;
};

const versionNumber = (text: string): number => {
  const [major = '0', minor = '0'] = text.split('.');
  return Number(major) * 1_000 + Number(minor);
};

const assertVersion = (profile: EngineProfile, version: string): void => {
  if (versionNumber(version) > versionNumber(profile.apiVersion)) {
    throw new ApiError(
      400,
      `client version ${version} is too new. Maximum supported API version is ${profile.apiVersion}`,
    );
  }
  if (versionNumber(version) < versionNumber(profile.minApiVersion)) {
    throw new ApiError(
      400,
      `client version ${version} is too old. Minimum supported API version is ${profile.minApiVersion}, please upgrade your client to a newer version`,
      profile.tooOldIsPlain,
    );
  }
};

const readText = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
};

const send = (response: ServerResponse, status: number, body: unknown): void => {
  if (response.destroyed || response.headersSent) return;
  if (body === undefined) {
    response.writeHead(status, { 'Content-Length': 0 }).end();
    return;
  }
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
};

const sendError = (response: ServerResponse, error: unknown): void => {
  if (!(error instanceof ApiError)) {
    send(response, 500, { message: error instanceof Error ? error.message : 'unknown error' });
  } else if (error.plain) {
    response
      .writeHead(error.status, { 'Content-Type': 'text/plain; charset=utf-8' })
      .end(`${error.message}\n`);
  } else {
    send(response, error.status, { message: error.message });
  }
};

const play = async (fault: FaultRule, response: ServerResponse): Promise<'go on' | 'done'> => {
  switch (fault.kind) {
    case 'delay':
      await delay(fault.delayMs ?? 1_000);
      return 'go on';
    case 'hang':
      return 'done';
    case 'die':
      response.destroy();
      return 'done';
    case 'bad-json':
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"ID":"cut');
      return 'done';
    case 'status':
      send(response, fault.status ?? 500, { message: fault.message ?? 'simulated fault' });
      return 'done';
    default:
      return fault.kind satisfies never;
  }
};

/** Does not listen yet. */
export const createEngineServer = ({
  world,
  engine,
  faults,
  onAnswer,
}: {
  world: World;
  engine: Engine;
  faults: Faults;
  onAnswer: (call: CallRecord) => void;
}): EngineServer => {
  const frozen = new Set<() => void>();
  const { profile } = engine;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (engine.process === 'paused') await new Promise<void>((resolve) => frozen.add(resolve));
    const url = new URL(request.url ?? '/', 'http://engine');
    const [, version, rest] = /^\/v(\d+(?:\.\d+)?)(\/.*)$/.exec(url.pathname) ?? [];
    const path = rest ?? url.pathname;
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
    response.on('finish', () => onAnswer({ method, path, status: response.statusCode }));
    response.setHeader('Api-Version', profile.apiVersion);
    response.setHeader('Docker-Experimental', 'false');
    response.setHeader('Ostype', 'linux');
    response.setHeader('Server', `Docker/${profile.version} (linux)`);
    const text = await readText(request);
    if (version !== undefined) assertVersion(profile, version);
    const fault = faults.take(method, path);
    if (fault && fault.when !== 'after' && (await play(fault, response)) === 'done') return;
    if (method === 'GET' && path === '/_ping') {
      if (profile.swarmHeader) response.setHeader('Swarm', swarmHeader(engine));
      response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': 2 }).end('OK');
      return;
    }
    if (method === 'GET' && path === '/events') {
      streamEvents(engine, url.searchParams, response);
      return;
    }
    const found = findRoute(method, path);
    if (!found) throw new ApiError(404, 'page not found');
    const { bodyType } = found.route;
    const body = bodyType === undefined ? {} : parseBody(profile, text, bodyType);
    const result = await found.route.answer({ world, engine, ref: found.ref, query: url.searchParams, body });
    if (fault?.when === 'after' && (await play(fault, response)) === 'done') return;
    send(response, found.route.status ?? 200, result);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => sendError(response, error));
  });
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;

  return {
    listen: () =>
      new Promise((resolve, reject) => {
        rmSync(engine.socketPath, { force: true });
        server.once('error', reject);
        server.listen(engine.socketPath, () => {
          server.off('error', reject);
          resolve();
        });
      }),
    close: async (how) => {
      const spare = `${engine.socketPath}.dead`;
      // Node unlinks the socket when it closes; a killed engine does not.
      if (how === 'crash') linkSync(engine.socketPath, spare);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      if (how === 'crash') renameSync(spare, engine.socketPath);
      frozen.clear();
    },
    thaw: () => {
      for (const goOn of frozen) goOn();
      frozen.clear();
    },
  };
};
