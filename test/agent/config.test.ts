// The agent's configuration: what it takes, what it refuses, and that it never repeats the secret one.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { commandKinds } from '../../agent/command-kinds.ts';
import { BadConfig, readConfig } from '../../agent/config.ts';
import { lockFolder } from '../../agent/folder-lock.ts';

vi.setConfig({ testTimeout: 30_000 });

const base = { SKEP_AGENT_SERVER: 'wss://server:4000/agent' };
const read = (environment: Record<string, string>, args: string[] = []) =>
  readConfig({ args, environment: { ...base, ...environment } });
const pin = 'A'.repeat(43);

test('defaults', () => {
  expect(read({})).toMatchObject({
    serverUrl: 'wss://server:4000/agent',
    stateFolder: '/var/lib/skep-agent',
    dockerSocket: '/var/run/docker.sock',
    enrolment: undefined,
    extraAddresses: [],
    interfaces: null,
    logLevel: 'info',
  });
  const ofServices = Object.keys(commandKinds).filter((kind) => /Services?$/.test(kind));
  const rest = Object.keys(commandKinds).filter((kind) => !ofServices.includes(kind));
  expect([...read({}).allow].sort()).toEqual(rest.sort());
});

test('services are carried out only where they are named, and what reaches into hosts apart', () => {
  const services = read({ SKEP_AGENT_ALLOW: 'services' });
  expect([...services.allow].sort()).toEqual([
    'CreateService',
    'ReadServices',
    'RemoveService',
    'RollBackService',
    'UpdateService',
  ]);
  expect(services.allowsPrivileged).toBe(false);
  const privileged = read({ SKEP_AGENT_ALLOW: 'services:privileged' });
  expect([privileged.allow, privileged.allowsPrivileged]).toEqual([services.allow, true]);
  expect(read({}).allowsPrivileged).toBe(false);
});

test('a flag goes before its variable', () => {
  const config = read({ SKEP_AGENT_DOCKER_SOCKET: '/a' }, [
    '--docker-socket',
    'unix:///b',
    '--allow',
    'reads,UpdateNode',
  ]);
  expect(config.dockerSocket).toBe('/b');
  expect([...config.allow]).toEqual([
    'ReadCluster',
    'ReadContainers',
    'ReadTasks',
    'ReadWorkload',
    'UpdateNode',
  ]);
});

test('an enrolment is a secret and a pin, from a variable or a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-config-'));
  const file = join(folder, 'enrolment');
  writeFileSync(file, `skep_enr_a1.b2.${pin}\n`);
  const expected = { secret: 'skep_enr_a1.b2', pin };
  expect(read({ SKEP_AGENT_ENROLMENT: `skep_enr_a1.b2.${pin}` }).enrolment).toEqual(expected);
  expect(read({ SKEP_AGENT_ENROLMENT_FILE: file }).enrolment).toEqual(expected);
  rmSync(folder, { recursive: true });
});

test('once enrolled, an enrolment is not looked at: its file may be gone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-config-'));
  const settings = { SKEP_AGENT_STATE: folder, SKEP_AGENT_ENROLMENT_FILE: join(folder, 'enrolment') };
  expect(() => read(settings)).toThrow('SKEP_AGENT_ENROLMENT_FILE');
  writeFileSync(join(folder, 'membership.json'), JSON.stringify({ host: 'h1', serverKey: 'k' }));
  expect(read(settings).enrolment).toBe(undefined);
  rmSync(folder, { recursive: true });
});

test('extra addresses', () => {
  expect(read({ SKEP_AGENT_INTERFACES: 'eth0, wg0' }).interfaces).toEqual(new Set(['eth0', 'wg0']));
  expect(read({ SKEP_AGENT_INTERFACES: 'none' }).interfaces).toEqual(new Set());
  expect(read({ SKEP_AGENT_ADDRESSES: '203.0.113.5, 10.0.0.5/24,2001:db8::1' }).extraAddresses).toEqual([
    { interface: 'configured', address: '203.0.113.5', prefixLength: 32 },
    { interface: 'configured', address: '10.0.0.5', prefixLength: 24 },
    { interface: 'configured', address: '2001:db8::1', prefixLength: 128 },
  ]);
});

test.each([
  [{ SKEP_AGENT_SERVER: 'http://server' }, 'SKEP_AGENT_SERVER'],
  [{ SKEP_AGENT_SERVER: 'ws://10.0.0.1:4000/agent' }, 'SKEP_AGENT_PLAINTEXT'],
  [{ SKEP_AGENT_SERVER: 'wss://me:canary@server/agent' }, 'without a user'],
  [{ SKEP_AGENT_ENROLMENT: 'skep_enr_canary' }, 'SKEP_AGENT_ENROLMENT'],
  [{ SKEP_AGENT_ENROLMENT_FILE: '/nowhere/at/all' }, 'SKEP_AGENT_ENROLMENT_FILE'],
  [{ SKEP_AGENT_ALLOW: 'reads,everything' }, 'everything'],
  [{ SKEP_AGENT_ADDRESSES: '10.0.0.5/33' }, 'SKEP_AGENT_ADDRESSES'],
  [{ SKEP_AGENT_LOG_LEVEL: 'loud' }, 'SKEP_AGENT_LOG_LEVEL'],
  [{ DEBUG: 'modem' }, 'DEBUG'],
])('%o is refused', (environment, reason) => {
  expect(() => read(environment)).toThrow(BadConfig);
  expect(() => read(environment)).toThrow(reason);
  expect(() => read(environment)).not.toThrow('canary');
});

test.each(['ws://127.0.0.1:4000/agent', 'ws://localhost:4000/agent', 'ws+unix:/run/skep.sock:/agent'])(
  '%s needs no leave',
  (SKEP_AGENT_SERVER) => {
    expect(read({ SKEP_AGENT_SERVER }).serverUrl).toBe(SKEP_AGENT_SERVER);
  },
);

test('a bad configuration ends the process with 2 and says why', () => {
  const main = fileURLToPath(new URL('../../agent/main.ts', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, '--no-such-flag'], {
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toContain('--no-such-flag');
});

test('a state folder has one agent', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-lock-'));
  const lock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toThrow('in use by another agent');
  await lock.release();
  await (await lockFolder(folder)).release();
  rmSync(folder, { recursive: true });
});
