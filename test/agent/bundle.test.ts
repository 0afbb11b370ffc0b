// The built agent as it comes to a host: one file, alone in a folder, without node_modules.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type EngineDouble, startEngineDouble } from './engine-double.ts';
import { keptCode } from './kept-code.ts';
import { type StandInServer, startStandInServer } from './stand-in-server.ts';
import { until } from './until.ts';

const built = fileURLToPath(new URL('../../dist/agent.cjs', import.meta.url));

let folder: string;
let server: StandInServer;
let engine: EngineDouble;
let children: ChildProcess[];
let output: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-bundle-'));
  mkdirSync(join(folder, 'host'));
  copyFileSync(built, join(folder, 'host', 'agent.cjs'));
  server = await startStandInServer(join(folder, 'server.sock'));
  engine = await startEngineDouble(join(folder, 'engine.sock'));
  children = [];
  output = '';
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await server.close();
  await engine.close();
  rmSync(folder, { recursive: true });
});

function start(settings: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [join(folder, 'host', 'agent.cjs')], {
    cwd: join(folder, 'host'),
    env: {
      SKEP_AGENT_STATE: join(folder, 'state'),
      SKEP_AGENT_DOCKER_SOCKET: engine.socketPath,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout?.on('data', (data) => {
    output += data;
  });
  child.stderr?.on('data', (data) => {
    output += data;
  });
  children.push(child);
  return child;
}

test.each([
  [{}, 'SKEP_AGENT_SERVER: is missing: the URL of the server, wss://…/agent'],
  [
    { SKEP_AGENT_SERVER: 'wss://server/agent', SKEP_AGENT_BINDING: 'perhaps' },
    'SKEP_AGENT_BINDING: Invalid option: expected one of "required"|"none"',
  ],
])('settings that cannot be used end it, and it says why: %o', async (settings, message) => {
  const [code] = await once(start(settings), 'close');
  expect(output).toBe(`skep-agent: ${message}\n`);
  expect(code).toBe(2);
});

test('alone in a folder it enrols, attaches, reports, carries out a command and ends in good order', async () => {
  const child = start({
    SKEP_AGENT_SERVER: server.url,
    SKEP_AGENT_ENROLMENT: `skep_enr_e1.c2VjcmV0.${server.pin}`,
  });
  await until(() => server.heardOf('report').length > 0, `a report; it said ${output}`);
  expect(server.heardOf('report')[0]?.input).toMatchObject({
    input: { hostname: 'one', engine: { version: '28.5.2' } },
  });
  engine.answers['GET /containers/json'] = { body: [{ Id: 'c1', Names: ['/web'], Labels: null }] };
  server.send('c1', { __typename: 'ReadContainers' });
  const [completion] = await until(() => server.completions().length > 0 && server.completions(), 'a result');
  expect(completion).toMatchObject({ command: 'c1', outcome: 'DONE' });
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(readdirSync(join(folder, 'host'))).toEqual(['agent.cjs']);
});

test('a state folder has one agent: a second one tells the server nothing', async () => {
  const settings = {
    SKEP_AGENT_SERVER: server.url,
    SKEP_AGENT_ENROLMENT: `skep_enr_e1.c2VjcmV0.${server.pin}`,
  };
  start(settings);
  await until(() => server.heardOf('commands').length > 0, `attached; it said ${output}`);
  const second = start(settings);
  const [code] = await once(second, 'close');
  expect(code).toBe(1);
  expect(output).toContain('is in use by another agent');
  expect(server.heardOf('enrol')).toHaveLength(1);
  expect(server.heardOf('attach')).toHaveLength(1);
});

test('a membership that cannot be read ends it, and the server is not dialled', async () => {
  mkdirSync(join(folder, 'state'));
  writeFileSync(join(folder, 'state', 'membership.json'), '{}');
  const [code] = await once(start({ SKEP_AGENT_SERVER: server.url }), 'close');
  expect(code).toBe(1);
  expect(output).toContain('membership.json holds no membership');
  expect(server.inits).toEqual([]);
});

test('it stays small', () => {
  const { text, code } = keptCode(readFileSync(built, 'utf8'));
  // 350 kB with its libraries; each further 100 kB costs every start and every host. lab/build-agent.mjs says which
  // packages are in it.
  expect(text.length).toBeLessThan(400_000);
  // What V8 compiled of it until the agent was attached: 500 kB by Node 20, 520 by Node 24.
  expect(Buffer.from(code, 'base64').length).toBeLessThan(600_000);
  // Of what was left out it has the name alone. Text that only the package itself has:
  const marks = ['BEGIN OPENSSH', 'grpc-accept-encoding', 'Reflect.getMetadata', 'GraphQLSchema', 'ustar'];
  expect(marks.filter((mark) => text.includes(mark))).toEqual([]);
});
