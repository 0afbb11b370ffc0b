// One HTTP call to the Docker Engine over its socket: API version, deadline, and an answer that is read to its end.
import { Agent, IncomingMessage } from 'node:http';
import type Docker from 'dockerode';
import type * as z from 'zod/mini';
import { engineRefusal } from './engine-failures.ts';
import { errorShape } from './engine-shapes.ts';
import type { EngineTrace } from './engine-trace.ts';
import { failpoint } from './failpoints.ts';
import { CommandFailure } from './failure.ts';

/** The newest API version that the agent was tested with (engine 28.5); an older engine is spoken to in its own. */
export const newestApiVersion = '1.51';

const maximumAnswerBytes = 64 * 1024 * 1024;

/** A call to the engine. */
export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly timeoutMs: number;
  /** A join reaches for another manager: the network's words in its refusal mean that one. */
  readonly isJoin?: boolean;
}

/** Calls the engine. All reject with CommandFailure. */
export interface EngineCall {
  /** The answer's JSON, checked. */
  json<T>(request: EngineRequest, shape: z.ZodMiniType<T>): Promise<T>;
  /** For a write whose answer has no body. */
  done(request: EngineRequest): Promise<void>;
  /** The answer as a stream without a deadline after its head; abort `signal` to end it. */
  stream(request: EngineRequest, signal: AbortSignal): Promise<IncomingMessage>;
}

/** The lower of two API versions such as `1.41`. */
export function lowerApiVersion(left: string, right: string): string {
  const [leftMajor = 0, leftMinor = 0] = left.split('.').map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split('.').map(Number);
  return leftMajor < rightMajor || (leftMajor === rightMajor && leftMinor < rightMinor) ? left : right;
}

// The modem itself judges no status: with one that it knows as success it hands over the response unread.
const everyStatus = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [index + 100, true]));

/**
 * @param socketPath - the engine's unix socket
 * @param called - hears of each call that is not a stream, when it has ended
 */
export function createEngineCall({
  socketPath,
  called,
}: {
  socketPath: string;
  called?: EngineTrace['called'] | undefined;
}): EngineCall {
  // `host` is named since the modem would otherwise take DOCKER_HOST. No keep-alive: a reused socket that the engine
  // just closed cannot be told from a call that it has carried out.
  // Without a server name Node would compile a long pattern to find out that a socket is no IP address.
  const agentOptions = { keepAlive: false, servername: '' };
  const options = {
    socketPath,
    host: undefined,
    protocol: 'http' as const,
    agent: new Agent(agentOptions),
  };
  let loading: Promise<Docker> | undefined;
  // At the first call, which comes while the connection to the server is being made.
  const load = (): Promise<Docker> => {
    loading ??= import('dockerode').then(({ default: Dockerode }) => new Dockerode(options));
    return loading;
  };
  let apiVersion: string | undefined;

  const dial = async (
    request: EngineRequest,
    path: string,
    signal: AbortSignal,
  ): Promise<IncomingMessage> => {
    const docker = await load();
    return await new Promise((resolve, reject) => {
      const dialled = {
        method: request.method,
        path: request.query === undefined ? path : `${path}?`,
        options: { _query: request.query, _body: request.body ?? {} },
        isStream: true,
        statusCodes: everyStatus,
        abortSignal: signal,
      };
      docker.modem.dial(dialled, (error, response) => {
        if (response instanceof IncomingMessage) resolve(response);
        else reject(error ?? new Error('no answer'));
      });
    });
  };

  const learnVersion = (response: IncomingMessage): void => {
    const header = response.headers['api-version'];
    if (typeof header === 'string' && /^\d+\.\d+$/.test(header)) {
      apiVersion = lowerApiVersion(newestApiVersion, header);
    }
  };

  const versionOf = async (signal: AbortSignal): Promise<string> => {
    if (apiVersion === undefined) {
      const response = await dial({ method: 'GET', path: '', timeoutMs: 0 }, '/_ping', signal);
      response.resume();
      learnVersion(response);
    }
    return apiVersion ?? newestApiVersion;
  };

  // Sends once; again only when the engine, replaced by another version meanwhile, refused the version in the path.
  const send = async (
    request: EngineRequest,
    signal: AbortSignal,
    answered: (status: number) => void = () => {},
    isRepeat = false,
  ): Promise<IncomingMessage> => {
    const usedVersion = await versionOf(signal).catch((error: unknown) => {
      throw brokenCall(error, { ...request, method: 'GET' }, signal);
    });
    try {
      const response = await dial(request, `/v${usedVersion}${request.path}`, signal);
      learnVersion(response);
      const status = response.statusCode ?? 0;
      answered(status);
      if (status >= 200 && status < 300) return response;
      const message = errorMessage(await readText(response));
      if (!isRepeat && usedVersion !== apiVersion && /client version \S+ is too (?:new|old)/.test(message)) {
        return await send(request, signal, answered, true);
      }
      throw engineRefusal(
        request.isJoin ? 'join' : request.method === 'GET' ? 'read' : 'write',
        status,
        message,
      );
    } catch (error) {
      if (error instanceof CommandFailure) throw error;
      apiVersion = undefined;
      throw brokenCall(error, request, signal);
    }
  };

  const withDeadline = async (request: EngineRequest): Promise<string> => {
    // The engine's time, not that of reading our own file.
    await load();
    const signal = AbortSignal.timeout(request.timeoutMs);
    // Writes only: reads are asked several times a second, and change nothing.
    const isWrite = request.method !== 'GET';
    const began = performance.now();
    let status: number | null = null;
    try {
      if (isWrite) await failpoint('engine.beforeCall');
      const response = await send(request, signal, (answer) => {
        status = answer;
      });
      if (isWrite) await failpoint('engine.afterCall');
      return await readText(response).catch((error: unknown) => {
        throw brokenCall(error, request, signal);
      });
    } finally {
      called?.({ method: request.method, path: request.path, status, began });
    }
  };

  return {
    json: async (request, shape) => parseAnswer(await withDeadline(request), request, shape),
    done: async (request) => {
      await withDeadline(request);
    },
    stream: async (request, signal) => {
      await load();
      const untilHead = new AbortController();
      const timer = setTimeout(() => untilHead.abort(), request.timeoutMs);
      try {
        return await send(request, AbortSignal.any([signal, untilHead.signal]));
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

// A write that broke after it may have left is unknown; a read can simply be asked again.
function brokenCall(error: unknown, request: EngineRequest, signal: AbortSignal): CommandFailure {
  const outcome = request.method === 'GET' ? 'FAILED' : 'UNKNOWN';
  if (signal.aborted) {
    return new CommandFailure(
      outcome,
      'ENGINE_TIMEOUT',
      `the engine did not answer within ${request.timeoutMs} ms`,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && 'syscall' in error && error.syscall === 'connect') {
    return new CommandFailure(
      'FAILED',
      'ENGINE_UNREACHABLE',
      `the engine's socket does not answer: ${message}`,
    );
  }
  return outcome === 'UNKNOWN'
    ? new CommandFailure('UNKNOWN', 'ENGINE_TIMEOUT', `the engine broke off: ${message}`)
    : new CommandFailure('FAILED', 'ENGINE_UNREACHABLE', `the engine broke off: ${message}`);
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maximumAnswerBytes) throw new Error(`an answer of more than ${maximumAnswerBytes} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

// Engines answer some refusals in plain text (a path version that is too old).
function errorMessage(text: string): string {
  const parsed = errorShape.safeParse(parseJson(text));
  return parsed.success ? parsed.data.message : text.trim();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseAnswer<T>(text: string, request: EngineRequest, shape: z.ZodMiniType<T>): T {
  const parsed = shape.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new CommandFailure(
    request.method === 'GET' ? 'FAILED' : 'UNKNOWN',
    'ENGINE_BAD_ANSWER',
    `${request.method} ${request.path} was answered otherwise than the Docker API promises: ${where}`,
  );
}
