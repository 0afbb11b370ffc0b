// What the agent costs its host: from spawn until its first frame is at the server, and its memory once it is idle.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startEngineDouble } from '../../test/agent/engine-double.ts';
import { type StandInServer, startStandInServer } from '../../test/agent/stand-in-server.ts';
import { until } from '../../test/support/until.ts';
import { memoryOf } from '../cpu.ts';
import type { Context, Measure } from '../measure.ts';
import { alternate } from '../rounds.ts';

const built = fileURLToPath(new URL('../../dist/agent.cjs', import.meta.url));
// By the least that can be seen from outside: `console.log` alone would load streams.
const emptyProgram = "require('node:fs').writeSync(1, '.'); setInterval(() => {}, 1e6);";
const idleMs = 1500;

/** `readyMs` from spawn, memory after a while of idling. */
type Floor = { readyMs: number; rssKb: number; pssKb: number };

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
};

/** @throws Error when the process ends before it is ready. */
const measureOne = async (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  whenReady: (child: ChildProcess) => Promise<unknown>,
  whenIdle: () => Promise<unknown>,
  afterMs: number,
): Promise<Floor> => {
  const began = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const broke = once(child, 'exit').then(([code]) => {
    throw new Error(`it ended with ${code}`);
  });
  broke.catch(() => {});
  try {
    await Promise.race([whenReady(child), broke]);
    const readyMs = performance.now() - began;
    child.stdout.resume();
    await Promise.race([whenIdle(), broke]);
    await delay(afterMs);
    return { readyMs, ...memoryOf(child.pid ?? 0) };
  } finally {
    await end(child);
  }
};

const nextInit = (server: StandInServer): Promise<void> =>
  new Promise((resolve) => {
    const push = server.inits.push.bind(server.inits);
    server.inits.push = (...inits) => {
      server.inits.push = push;
      resolve();
      return push(...inits);
    };
  });

const run = async (context: Context) => {
  const dir = mkdtempSync(join(tmpdir(), 'skep-floor-'));
  await context.own(
    async () => dir,
    () => rmSync(dir, { recursive: true }),
  );
  const server = await context.own(
    () => startStandInServer(join(dir, 'server.sock')),
    (started) => started.close(),
  );
  const engine = await context.own(
    () => startEngineDouble(join(dir, 'engine.sock')),
    (started) => started.close(),
  );
  writeFileSync(join(dir, 'empty.cjs'), emptyProgram);
  const afterMs = context.short ? 0 : idleMs;
  const agent = () => {
    const attached = server.heardOf('commands').length;
    const init = nextInit(server);
    const env = {
      SKEP_AGENT_SERVER: server.url,
      SKEP_AGENT_STATE: join(dir, 'state'),
      SKEP_AGENT_DOCKER_SOCKET: engine.socketPath,
      SKEP_AGENT_ENROLMENT: `skep_enr_e1.c2VjcmV0.${server.pin}`,
    };
    const listens = () => until(() => server.heardOf('commands').length > attached, 'the agent listens');
    return measureOne([built], env, () => init, listens, afterMs);
  };
  const empty = () =>
    measureOne(
      [join(dir, 'empty.cjs')],
      {},
      ({ stdout }) => (stdout === null ? Promise.reject(new Error('no output')) : once(stdout, 'data')),
      async () => {},
      afterMs,
    );
  // The first one enrols.
  await agent();
  // A start is short and so is easily disturbed.
  const rounds = context.short ? 1 : 3 * context.rounds;
  const samples = await alternate(rounds, { ours: agent, reference: empty });
  const pick = (field: keyof Floor) =>
    samples.map(({ ours, reference }) => ({ ours: ours[field], reference: reference[field] }));
  return { agentStart: pick('readyMs'), agentMemory: pick('rssKb'), agentMemoryShared: pick('pssKb') };
};

export const agentFloor: Measure = {
  rows: [
    {
      id: 'agentStart',
      what: "The agent's start until its first frame is at the server, against a node process that writes one byte",
      unit: 'ms',
      compare: 'ratio',
      goal: 1.5,
    },
    {
      id: 'agentMemory',
      what: 'Memory (RSS) of an idle attached agent over that of an empty node process',
      unit: 'kB',
      compare: 'difference',
      goal: 10_240,
    },
    {
      id: 'agentMemoryShared',
      what: "The same as PSS: what node's processes have in common counts in parts",
      unit: 'kB',
      compare: 'difference',
      goal: 10_240,
    },
  ],
  run,
};
