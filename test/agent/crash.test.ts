// The agent's process killed with -9 in each state of a command: what was begun is never repeated.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type EngineDouble, startEngineDouble } from './engine-double.ts';
import { type StandInServer, startStandInServer } from './stand-in-server.ts';
import { until } from './until.ts';

vi.setConfig({ testTimeout: 90_000 });

const slow = 40_000;
const main = fileURLToPath(new URL('../../agent/main.ts', import.meta.url));
const node = {
  ID: 'n1',
  Version: { Index: 5 },
  Spec: { Role: 'worker', Availability: 'active', Labels: {} },
};
const remove = { __typename: 'RemoveNode', node: 'n1', force: false };
const update = {
  __typename: 'UpdateNode',
  node: 'n1',
  setLabels: [{ key: 'a', value: 'x' }],
  removeLabels: [],
};

let folder: string;
let server: StandInServer;
let engine: EngineDouble;
let children: ChildProcess[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-crash-'));
  server = await startStandInServer(join(folder, 'server.sock'));
  engine = await startEngineDouble(join(folder, 'engine.sock'));
  engine.answers['GET /nodes/n1'] = { body: node };
  children = [];
});

afterEach(async () => {
  await Promise.all(children.map((child) => end(child, 'SIGKILL')));
  await server.close();
  await engine.close();
  rmSync(folder, { recursive: true });
});

function start(): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', main, '--state', join(folder, 'state')], {
    env: {
      ...process.env,
      SKEP_AGENT_SERVER: server.url,
      SKEP_AGENT_DOCKER_SOCKET: engine.socketPath,
      SKEP_AGENT_ENROLMENT: `skep_enr_e1.c2VjcmV0.${server.pin}`,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
  return child.exitCode;
}

const completionOf = (id: string) =>
  until(() => server.completions().find(({ command }) => command === id), `a result of ${id}`, slow);

test('killed while one command runs and one waits: the first is unknown, the second runs once', async () => {
  engine.answers['DELETE /nodes/n1'] = () => {};
  engine.answers['POST /nodes/n1/update'] = {};
  const child = start();
  server.send('c1', remove);
  server.send('c2', update);
  await until(() => engine.askedFor('DELETE /nodes/n1').length === 1, 'the first call', slow);
  await until(() => server.heardOf('acknowledge').length === 2, 'both in the journal');
  await end(child, 'SIGKILL');
  // The journal alone must know of it.
  server.forget('c1');
  start();
  await expect(completionOf('c1')).resolves.toMatchObject({
    outcome: 'UNKNOWN',
    failure: { code: 'INTERRUPTED' },
  });
  await expect(completionOf('c2')).resolves.toMatchObject({ outcome: 'DONE' });
  expect(engine.askedFor('DELETE /nodes/n1')).toHaveLength(1);
  expect(engine.askedFor('POST /nodes/n1/update')).toHaveLength(1);
});

test('killed in the middle of a call, and the command sent again: it is not begun anew', async () => {
  engine.answers['DELETE /nodes/n1'] = () => {};
  const child = start();
  server.send('c1', remove);
  await until(() => engine.askedFor('DELETE /nodes/n1').length === 1, 'the call', slow);
  await end(child, 'SIGKILL');
  engine.answers['DELETE /nodes/n1'] = {};
  start();
  await expect(completionOf('c1')).resolves.toMatchObject({ outcome: 'UNKNOWN' });
  expect(engine.askedFor('DELETE /nodes/n1')).toHaveLength(1);
});

test('killed with a result that the server has not taken: it is sent, nothing is repeated; SIGTERM ends with 0', async () => {
  engine.answers['DELETE /nodes/n1'] = {};
  server.mode.refuseComplete = true;
  const child = start();
  server.send('c1', remove);
  const journal = join(folder, 'state', 'journal.jsonl');
  await until(() => engine.askedFor('DELETE /nodes/n1').length === 1, 'the call', slow);
  await until(() => readFileSync(journal, 'utf8').includes('"result"'), 'the result');
  await end(child, 'SIGKILL');
  server.mode.refuseComplete = false;
  server.forget('c1');
  const second = start();
  await expect(completionOf('c1')).resolves.toMatchObject({ outcome: 'DONE', result: { removed: true } });
  expect(engine.askedFor('DELETE /nodes/n1')).toHaveLength(1);
  expect(await end(second, 'SIGTERM')).toBe(0);
});
