// Skep's own processes, as they run in production: the built server, and the built agent in its host's network.
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LabHost } from './host.ts';

const built = (name: string): string => fileURLToPath(new URL(`../dist/${name}`, import.meta.url));

/** A child whose every line goes to a log file. */
const launch = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  logPath: string,
  onLine: (line: string) => void,
): ChildProcess => {
  mkdirSync(dirname(logPath), { recursive: true });
  const log = createWriteStream(logPath, { flags: 'a' });
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      onLine(line);
    });
  }
  child.once('close', () => log.end());
  return child;
};

const ended = (child: ChildProcess): Promise<End> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve({ code: child.exitCode, signal: child.signalCode })
    : new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  child.kill(signal);
  await ended(child);
};

/** How a process ended. */
export type End = { code: number | null; signal: NodeJS.Signals | null };

export type ServerProcess = {
  url: string;
  socketUrl: string;
  /** What agents dial: the server's unix socket, which is reached from every network namespace. */
  agentUrl: string;
  adminKey: string;
  logPath: string;
  pid(): number;
  /** Settles when the process that runs now ends, whoever ended it. */
  whenEnded(): Promise<End>;
  kill9(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
};

/** A port that is free now: a server that is started again must have the same one. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });

/**
 * @param dir folder of data, log and socket; short, for a socket's path has 108 characters at most.
 * @param entry @default the one that this checkout built
 */
export const startServer = async ({
  dir,
  port,
  env = {},
  entry = built('server.cjs'),
}: {
  dir: string;
  port?: number;
  env?: NodeJS.ProcessEnv;
  entry?: string;
}): Promise<ServerProcess> => {
  const bound = port ?? (await freePort());
  const socket = join(dir, 'server.sock');
  const logPath = join(dir, 'server.log');
  let adminKey = '';
  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const settings = {
      SKEP_DATA_DIR: join(dir, 'data'),
      SKEP_PORT: String(bound),
      SKEP_SOCKET: socket,
      ...env,
    };
    const tail: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const started = launch(process.execPath, [entry], settings, logPath, (line) => {
        tail.push(line);
        if (tail.length > 5) tail.shift();
        adminKey = /skep_key_\w{8}_[\w-]{43}/.exec(line)?.[0] ?? adminKey;
        // The first start prints the key before this line.
        if (line.includes('"msg":"listening"')) resolve();
      });
      child = started;
      started.once('exit', () => reject(new Error(`the server ended: ${tail.join('\n')}`)));
    });
  };
  await start();
  const running = (): ChildProcess => {
    if (!child) throw new Error('the server was not started');
    return child;
  };
  return {
    url: `http://127.0.0.1:${bound}/graphql`,
    socketUrl: `ws://127.0.0.1:${bound}/graphql`,
    agentUrl: `ws+unix:${socket}:/agent`,
    adminKey,
    logPath,
    pid: () => running().pid ?? 0,
    whenEnded: () => ended(running()),
    kill9: () => end(running(), 'SIGKILL'),
    stop: () => end(running(), 'SIGTERM'),
    start,
  };
};

export type AgentProcess = {
  stateDir: string;
  logPath: string;
  pid(): number;
  /** Settles when the process that runs now ends, whoever ended it. */
  whenEnded(): Promise<End>;
  kill9(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
};

/**
 * @param enrolment the one-time secret; needed at the first start only.
 * @param entry @default the one that this checkout built
 */
export const startAgent = async ({
  dir,
  host,
  server,
  enrolment,
  env = {},
  entry = built('agent.cjs'),
}: {
  dir: string;
  host: LabHost;
  server: string;
  enrolment?: string;
  env?: NodeJS.ProcessEnv;
  entry?: string;
}): Promise<AgentProcess> => {
  const stateDir = join(dir, `agent-${host.hostname}`);
  const logPath = join(dir, `agent-${host.hostname}.log`);
  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const settings = {
      SKEP_AGENT_SERVER: server,
      SKEP_AGENT_STATE: stateDir,
      SKEP_AGENT_DOCKER_SOCKET: host.socketPath,
      SKEP_AGENT_ALLOW: 'default,services',
      ...(enrolment === undefined ? {} : { SKEP_AGENT_ENROLMENT: enrolment }),
      // A simulated host has no network of its own to look at.
      ...(host.netns === undefined
        ? { SKEP_AGENT_ADDRESSES: host.address, SKEP_AGENT_INTERFACES: 'none' }
        : {}),
      ...env,
    };
    const run = [process.execPath, entry];
    const [command = '', ...args] =
      host.netns === undefined ? run : ['nsenter', `--net=${host.netns}`, ...run];
    child = launch(command, args, settings, logPath, () => undefined);
  };
  await start();
  const running = (): ChildProcess => {
    if (!child) throw new Error('the agent was not started');
    return child;
  };
  return {
    stateDir,
    logPath,
    pid: () => running().pid ?? 0,
    whenEnded: () => ended(running()),
    kill9: () => end(running(), 'SIGKILL'),
    stop: () => end(running(), 'SIGTERM'),
    start,
  };
};

/** A log file's text, for tests that look for what must not be there. */
export const readLog = (path: string): string => readFileSync(path, 'utf8');
