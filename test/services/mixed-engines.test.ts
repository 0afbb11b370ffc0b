// A swarm of engines 20.10 and 28.5: services are read and written through managers of the leader's version alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callDocker } from '../support/docker.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { obedient } from '../support/services.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe.each(['20.10', '28.5'] as const)(`services in a swarm led by %s, on ${enginesNote}`, (leads) => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let old: Member;
  let young: Member;

  beforeAll(async () => {
    system = await startSystem({ engines: { ...engines, version: leads }, hosts: 1 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    const [first] = system.members;
    if (!first) throw new Error('no host');
    const other = await system.enrol(await system.machines.addHost(leads === '28.5' ? '20.10' : '28.5'));
    [old, young] = leads === '28.5' ? [other, first] : [first, other];
    const joined = await perform('joinHosts', {
      cluster,
      hosts: [{ host: other.hostId }],
      role: 'MANAGER',
      waitSeconds: 100,
    });
    expect(joined).toMatchObject({ state: 'SUCCEEDED' });
    await Promise.all([old, young].map(({ host }) => host.importImage?.()));
  }, 240_000);
  afterAll(() => system?.stop());

  const service = (name: string) => ({
    cluster,
    name,
    image: 'bb:1',
    command: obedient,
    endpointMode: 'DNSRR',
  });
  const listed = (): Promise<any> =>
    system.ask('query($cluster: ID!) { services(cluster: $cluster) { edges { node { name } } } }', {
      cluster,
    });

  it.runIf(leads === '28.5')('a newer leader: what only it knows is kept', { timeout: 240_000 }, async () => {
    const Healthcheck = { Test: ['CMD', 'true'], Interval: 2e9, StartInterval: 1e9, StartPeriod: 5e9 };
    await callDocker(young.host, 'POST', '/services/create', {
      Name: 'newer',
      TaskTemplate: { ContainerSpec: { Image: 'bb:1', Command: obedient, Healthcheck } },
      Mode: { Replicated: { Replicas: 0 } },
      EndpointSpec: { Mode: 'dnsrr' },
    });
    const updated = await perform('updateService', {
      cluster,
      service: 'newer',
      labels: [{ key: 'team', value: 'a' }],
      waitSeconds: 60,
    });
    expect(updated).toMatchObject({ state: 'SUCCEEDED', warnings: [] });
    const { Spec } = await engineOf(young.host).get('/services/newer');
    expect(Spec.Labels).toEqual({ team: 'a' });
    expect(Spec.TaskTemplate.ContainerSpec.Healthcheck).toMatchObject({ StartInterval: 1e9 });
  });

  it.runIf(leads === '20.10')(
    'an older leader: it is written through the leader, with a warning',
    { timeout: 240_000 },
    async () => {
      const made = await perform('createService', service('first'));
      expect(made).toMatchObject({
        state: 'SUCCEEDED',
        warnings: [{ code: 'MIXED_ENGINES', message: expect.stringMatching(/20\.10\.\d+.*28\.5\.\d+/) }],
      });
    },
  );

  it.runIf(leads === '20.10')(
    'only a newer manager is connected: nothing is read or written',
    { timeout: 60_000 },
    async () => {
      await old.agent.stop();
      await until(async () => {
        const { host } = await system.ask('query($id: ID!) { host(id: $id) { status } }', { id: old.hostId });
        return host.status === 'DISCONNECTED';
      }, 'the agent is gone');
      await expect(listed()).rejects.toThrow('NO_SUITABLE_MANAGER');
      expect(await perform('createService', service('second'))).toMatchObject({
        state: 'REFUSED',
        failure: { code: 'NO_SUITABLE_MANAGER' },
      });
      expect(await perform('removeService', { cluster, service: 'first' })).toMatchObject({
        state: 'REFUSED',
        failure: { code: 'NO_SUITABLE_MANAGER' },
      });
      await old.agent.start();
      await until(async () => (await listed().catch(() => null)) !== null, 'they are read again', 30_000);
    },
  );
});
