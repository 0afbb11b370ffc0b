// What of a service reaches into hosts, as the agent judges it: what needs leave, and what nobody gets.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CommandFailure } from '../../agent/failure.ts';
import { createServiceRules, neverMounted } from '../../agent/service-rules.ts';
import { neverMounted as neverMountedByServer } from '../../server/services/privileged.ts';

const own = ['/opt/engine/docker.sock', '/opt/agent/state'];
const rules = createServiceRules({ allowsPrivileged: true, own });
const plain = createServiceRules({ allowsPrivileged: false, own });
const none = new Set<string>();
const mounting = (...sources: string[]): object => ({
  TaskTemplate: {
    ContainerSpec: { Mounts: sources.map((Source) => ({ Type: 'bind', Source, Target: '/m' })) },
  },
});
const refusal = (work: () => void): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    expect([error.outcome, error.code]).toEqual(['REFUSED', 'NOT_ALLOWED']);
    return error.message;
  }
};

test.each([
  '/',
  '//',
  '/./',
  '/var',
  '/var/',
  '/run',
  '/var/run',
  '/var/run/',
  '/run/docker.sock',
  '/var/run/docker.sock',
  '/run//docker.sock/',
  '/srv/../var/run/docker.sock',
  '/srv/../../..',
  '/var/lib',
  '/var/lib/docker',
  '/var/lib/docker/volumes',
  '/var/lib/skep-agent',
  '/opt',
  '/opt/engine',
  '/opt/engine/docker.sock',
  '/opt/agent/state/',
  '/opt/agent/state/key.pem',
  '/proc/1/root/run/docker.sock',
  'var/run/docker.sock',
  '../run',
  '',
])('«%s» is never mounted', (source) => {
  expect(refusal(() => rules.check(mounting('/srv', source), none, true))).not.toBeNull();
});

test('nor a link to it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-rules-'));
  symlinkSync('/run', join(folder, 'link'));
  expect(refusal(() => rules.check(mounting(join(folder, 'link')), none, true))).toContain('never mounted');
  rmSync(folder, { recursive: true });
});

test.each(['/srv', '/srv/data', '/opt/other', '/opt/engine2', '/var/log', '/run/other'])(
  '«%s» is mounted with leave of both',
  (source) => {
    expect(refusal(() => rules.check(mounting(source), none, true))).toBeNull();
    expect(refusal(() => rules.check(mounting(source), none, false))).toContain('the caller may not');
    expect(refusal(() => plain.check(mounting(source), none, true))).toContain('services:privileged');
  },
);

const container = (ContainerSpec: object, more: object = {}): object => ({
  TaskTemplate: { ContainerSpec, ...more },
});
test.each([
  ['capabilities', container({ CapabilityAdd: ['CAP_NET_ADMIN'] })],
  ['the host’s network', container({}, { Networks: [{ Target: 'host' }] })],
  ['the host’s network by an old field', { Networks: [{ Target: 'abc' }] }],
  ['seccomp', container({ Privileges: { Seccomp: { Mode: 'unconfined' } } })],
  ['a plugin', { TaskTemplate: { PluginSpec: { Name: 'p' } } }],
  [
    'a volume that binds',
    container({
      Mounts: [
        {
          Type: 'volume',
          Source: 'v',
          VolumeOptions: { DriverConfig: { Options: { type: 'none', o: 'bind', device: '/srv' } } },
        },
      ],
    }),
  ],
])('%s needs leave', (_, spec) => {
  const hosts = new Set(['host', 'abc']);
  expect(rules.privilegedIn(spec, hosts)).not.toEqual([]);
  expect(refusal(() => plain.check(spec, hosts, true))).toContain('services:privileged');
  expect(refusal(() => rules.check(spec, hosts, false))).toContain('the caller may not');
  expect(refusal(() => rules.check(spec, hosts, true))).toBeNull();
});

test('a volume that binds the root of the host is never mounted', () => {
  const spec = container({
    Mounts: [{ Type: 'volume', VolumeOptions: { DriverConfig: { Options: { o: 'bind', device: '/' } } } }],
  });
  expect(refusal(() => rules.check(spec, none, true))).toContain('never mounted');
});

test('what stays in its container needs none', () => {
  const spec = container(
    { Mounts: [{ Type: 'volume', Source: 'data', Target: '/data' }], Privileges: { NoNewPrivileges: true } },
    { Networks: [{ Target: 'net' }] },
  );
  expect(plain.privilegedIn(spec, new Set(['host']))).toEqual([]);
  expect(refusal(() => plain.check(spec, new Set(['host']), false))).toBeNull();
});

test('server and agent never mount the same places', () => {
  expect(neverMountedByServer).toEqual(neverMounted);
});
