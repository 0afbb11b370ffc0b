// What V8 compiled at the build is a matter of speed alone: with that of another Node, or none, the agent does the same.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type EngineDouble, startEngineDouble } from './engine-double.ts';
import { keptCode, withKeptCode } from './kept-code.ts';
import { type StandInServer, startStandInServer } from './stand-in-server.ts';
import { until } from './until.ts';

const built = readFileSync(fileURLToPath(new URL('../../dist/agent.cjs', import.meta.url)), 'latin1');
const { maker, code } = keptCode(built);

let folder: string;
let server: StandInServer;
let engine: EngineDouble;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-kept-'));
  server = await startStandInServer(join(folder, 'server.sock'));
  engine = await startEngineDouble(join(folder, 'engine.sock'));
});

afterEach(async () => {
  await server.close();
  await engine.close();
  rmSync(folder, { recursive: true });
});

/** Starts this file until it reports, and says whether V8 refused its compiled code; undefined: none was shown to it. */
async function refused(file: string, ...flags: string[]): Promise<boolean | undefined> {
  const path = join(folder, 'agent.cjs');
  writeFileSync(path, file);
  const program = `process.stderr.write(String(require(${JSON.stringify(path)}).cachedDataRejected))`;
  const child = spawn(process.execPath, [...flags, '-e', program], {
    env: {
      SKEP_AGENT_SERVER: server.url,
      SKEP_AGENT_STATE: join(folder, 'state'),
      SKEP_AGENT_DOCKER_SOCKET: engine.socketPath,
      SKEP_AGENT_ENROLMENT: `skep_enr_e1.c2VjcmV0.${server.pin}`,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data) => {
    said += data;
  });
  try {
    await until(
      () => server.heardOf('report').length > 0,
      `a report of the agent with ${flags.join(' ') || 'no flags'}`,
    );
  } finally {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  expect(said).toMatch(/^(true|false|undefined)$/);
  return { true: true, false: false }[said];
}

test('the code that the build kept is taken', async () => {
  expect(await refused(built)).toBe(false);
});

test('that of another Node, or another kind of machine, is not even shown to V8', async () => {
  expect(await refused(withKeptCode(built, maker.replace(process.arch, 'other'), code))).toBe(undefined);
});

test('that of another V8 is refused', async () => {
  const bytes = Buffer.from(code, 'base64');
  // Behind V8's magic number: the hash of its version.
  bytes.fill(0, 4, 8);
  expect(await refused(withKeptCode(built, maker, bytes.toString('base64')))).toBe(true);
});

test('that of another text is refused', async () => {
  expect(await refused(built.replace('"agent starts"', '"an agent starts"'))).toBe(true);
});

test('with other flags it does without', async () => {
  expect(await refused(built, '--no-opt')).toBe(true);
});

test('it needs none', async () => {
  expect(await refused(withKeptCode(built, '', ''))).toBe(undefined);
});

test('with source maps Node loads the code itself', async () => {
  expect(await refused(built, '--enable-source-maps')).toBe(undefined);
});
