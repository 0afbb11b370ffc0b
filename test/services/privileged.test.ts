// What reaches into hosts: by an agent and a caller that both may, and by nobody else. Environments are nowhere on record.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { begin, connected, ended } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { createService, obedient } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';

const allow = 'reads,secrets,membership,nodes,services:privileged';

describe(`services that reach into hosts, on ${enginesNote}`, () => {
  let system: System;
  let admin: Perform;
  let privileged: Perform;
  let viewer: string;
  let cluster: string;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1, agentEnv: () => ({ SKEP_AGENT_ALLOW: allow }) });
    const first = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    await at(system.members, 0).host.importImage?.();
    const key = async (name: string, role: string, permissions: string[]): Promise<string> =>
      (await first('createApiKey', { name, role, permissions })).payload.key;
    admin = createPerform(system.server.url, await key('plain', 'ADMIN', []));
    privileged = createPerform(system.server.url, await key('may', 'ADMIN', ['service:privileged']));
    viewer = await key('viewer', 'VIEWER', []);
  });
  afterAll(() => system?.stop());

  const base = { image: 'bb:1', command: obedient, endpointMode: 'DNSRR' };
  const bind = (source: string) => ({ mounts: [{ type: 'BIND', source, target: '/mnt' }] });

  it.each([
    ['a bind mount', bind('/srv')],
    ['capabilities', { capabilitiesAdd: ['NET_ADMIN'] }],
    ['the host’s network', { networks: ['host'] }],
  ])('%s needs a permission that no role holds', async (_, parts) => {
    const input = { cluster, name: 'reaches', ...base, ...parts };
    expect(await admin('createService', input)).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'FORBIDDEN', message: expect.stringContaining('service:privileged') },
    });
    expect(await privileged('createService', { ...input, dryRun: true })).toMatchObject({
      state: 'SUCCEEDED',
    });
  });

  it.each(['/', '/run', '/var/run/docker.sock', '/srv/../var//lib/docker/', '/proc/1/root'])(
    'nobody mounts %s',
    async (source) => {
      const made = await privileged('createService', { cluster, name: 'never', ...base, ...bind(source) });
      expect(made).toMatchObject({ state: 'REFUSED', failure: { code: 'NOT_ALLOWED' } });
    },
  );

  it('nor does the agent the folder that it keeps itself in', async () => {
    const { stateDir } = at(system.members, 0).agent;
    for (const source of [stateDir, join(stateDir, '..')]) {
      const made = await privileged('createService', { cluster, name: 'never', ...base, ...bind(source) });
      expect(made).toMatchObject({ state: 'FAILED', failure: { code: 'NOT_ALLOWED' } });
    }
    expect(await engineOf(at(system.members, 0).host).get('/services')).toEqual([]);
  });

  it('who may gets it, and it is shown; who may not cannot give it another image', {
    timeout: 60_000,
  }, async () => {
    const made = await privileged('createService', { cluster, name: 'reaches', ...base, ...bind('/srv') });
    expect(made).toMatchObject({ state: 'SUCCEEDED' });
    const { service } = await system.ask(
      'query($cluster: ID!) { service(id: "reaches", cluster: $cluster) { privileged mounts { type source target readOnly } } }',
      { cluster },
    );
    expect(service).toEqual({
      privileged: ['a bind mount of /srv'],
      mounts: [{ type: 'BIND', source: '/srv', target: '/mnt', readOnly: false }],
    });
    const update = { cluster, service: 'reaches', args: ['x'] };
    expect(await admin('updateService', update)).toMatchObject({ failure: { code: 'FORBIDDEN' } });
    expect(
      await admin('scaleService', { cluster, services: [{ service: 'reaches', replicas: 0 }] }),
    ).toMatchObject({
      state: 'SUCCEEDED',
    });
  });

  it('nobody gives another image to what Docker’s CLI gave the engine’s socket', {
    timeout: 60_000,
  }, async () => {
    const mounts = [{ Type: 'bind', Source: '/var/run/docker.sock', Target: '/var/run/docker.sock' }];
    await createService(at(system.members, 0).host, {
      name: 'portal',
      replicas: 0,
      container: { Mounts: mounts },
    });
    const updated = await privileged('updateService', { cluster, service: 'portal', image: 'bb:2' });
    expect(updated).toMatchObject({ state: 'FAILED', failure: { code: 'NOT_ALLOWED' } });
  });

  it('an environment is on no disk of ours, and told to who may write services', {
    timeout: 120_000,
  }, async () => {
    const value = 'correct-horse-battery';
    const made = await admin('createService', {
      cluster,
      name: 'secret',
      ...base,
      env: [{ name: 'PASS', value }],
    });
    expect(made).toMatchObject({ state: 'SUCCEEDED' });
    const query = 'query($cluster: ID!) { service(id: "secret", cluster: $cluster) { env { name value } } }';
    expect((await system.ask(query, { cluster })).service.env).toEqual([{ name: 'PASS', value }]);
    expect((await system.as(viewer)(query, { cluster })).service.env).toEqual([
      { name: 'PASS', value: null },
    ]);
    // The server is killed while it waits: another value, and a deadline that is far away.
    const stuck = {
      cluster,
      name: 'stuck',
      ...base,
      constraints: ['node.role == worker'],
      env: [{ name: 'PASS', value }],
    };
    const { id } = await begin(system.ask, 'createService', { ...stuck, deadlineSeconds: 20 });
    await system.server.kill9();
    await system.server.start();
    await connected(system.ask);
    const failure = (await ended(system.ask, id)).failure.code;
    expect(['NOT_CONVERGED', 'INTERRUPTED']).toContain(failure);
    const ours = readdirSync(system.dir, { recursive: true, encoding: 'utf8' })
      .map((name) => join(system.dir, name))
      .filter((path) => /(?:\.db(?:-wal)?|\.jsonl|\.log)$/.test(path) && statSync(path).isFile());
    expect(ours.length).toBeGreaterThan(3);
    expect(ours.filter((path) => readFileSync(path).includes(value) && !path.includes('dockerd'))).toEqual(
      [],
    );
  });
});
