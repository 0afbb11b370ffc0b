// A plain client of the Engine API over its unix socket: no library between the test and the wire.
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import {
  type EngineEvent,
  type EngineInfo,
  type EngineNode,
  type EngineSwarm,
  eventShape,
  infoShape,
  messageShape,
  nodeShape,
  swarmShape,
} from './engine-shapes.ts';

/** What an engine answered. */
export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The engine's words of a refusal, also of one that came as plain text. */
  readonly message: string;
};

/** An open event stream. */
export type EventStream = {
  /** All node events so far, oldest first. */
  readonly events: readonly EngineEvent[];
  readonly isEnded: () => boolean;
  close(): void;
};

/** The calls that the contract speaks of. */
export type EngineClient = {
  /** @param body - text goes out as it is, anything else as JSON, undefined not at all */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  info(): Promise<EngineInfo>;
  swarm(): Promise<EngineSwarm>;
  nodes(filters?: Record<string, readonly string[]>): Promise<EngineNode[]>;
  node(ref: string): Promise<EngineNode>;
  /** Writes a node's spec with the version just read, or with `version`. */
  updateNode(ref: string, spec: Record<string, unknown>, version?: number): Promise<Answer>;
  /** Settles when the engine has sent its headers. */
  watchNodes(query?: string): Promise<EventStream>;
  /** Closes the kept connections. */
  close(): void;
};

const messageOf = (text: string): string => {
  if (!text.startsWith('{')) return text.trim();
  const parsed = messageShape.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data.message : '';
};

const readAll = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
};

/** The longest wait measured is 20 seconds: an engine that says nothing for longer is not waited for by the caller. */
const silentMs = 45_000;

/** Connects with each call, so an engine may come and go. */
export const createEngineClient = (socketPath: string): EngineClient => {
  const agent = new Agent({ keepAlive: true });

  const send = (method: string, path: string, body?: unknown, timeout = 0): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
      const outgoing = request({ agent, socketPath, method, path, headers, timeout }, resolve);
      outgoing.on('timeout', () =>
        outgoing.destroy(new Error(`${method} ${path}: no answer in ${timeout} ms`)),
      );
      outgoing.on('error', reject);
      outgoing.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
    });

  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await send(method, path, body, silentMs);
    const text = await readAll(response);
    const status = response.statusCode ?? 0;
    return { status, headers: response.headers, text, message: status < 400 ? '' : messageOf(text) };
  };

  const read = async (path: string): Promise<unknown> => {
    const answer = await call('GET', path);
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.message}`);
    return JSON.parse(answer.text);
  };

  const node = async (ref: string): Promise<EngineNode> => nodeShape.parse(await read(`/nodes/${ref}`));

  return {
    call,
    info: async () => infoShape.parse(await read('/info')),
    swarm: async () => swarmShape.parse(await read('/swarm')),
    nodes: async (filters = {}) =>
      nodeShape.array().parse(await read(`/nodes?filters=${encodeURIComponent(JSON.stringify(filters))}`)),
    node,
    updateNode: async (ref, spec, version) =>
      call('POST', `/nodes/${ref}/update?version=${version ?? (await node(ref)).Version.Index}`, spec),
    watchNodes: async (query = '') => {
      const filters = encodeURIComponent('{"type":["node"]}');
      const response = await send('GET', `/events?filters=${filters}&${query}`);
      const events: EngineEvent[] = [];
      let ended = false;
      const end = (): void => {
        ended = true;
      };
      response.on('close', end).on('error', end);
      createInterface(response)
        .on('line', (line) => {
          // Digits beyond a double's are kept as text, since they are the key that tells events apart.
          const exact = line.replace(/"timeNano":(\d+)/, '"timeNano":"$1"');
          events.push(eventShape.parse(JSON.parse(exact)));
        })
        .on('error', end);
      return { events, isEnded: () => ended, close: () => response.destroy() };
    },
    close: () => agent.destroy(),
  };
};
