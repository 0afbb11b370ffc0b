// Services through the front door, on the engines of the run: made, changed, scaled, rolled back, drained, removed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { obedient } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const fields =
  'id name mode replicas image command args labels { key value } env { name value } constraints preferences maxReplicasPerNode mounts { type source target } resources { cpuLimit memoryReservationBytes } restartPolicy { condition delaySeconds } updateConfig { parallelism failureAction monitorSeconds order } endpointMode ports { target published protocol mode } desiredTasks runningTasks updateStatus { state message } canRollBack version tasks { id slot state desiredState error image nodeId hostname }';

describe(`services, on ${enginesNote}`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    await Promise.all(system.members.map(({ host }) => host.importImage?.()));
  });
  afterAll(() => system?.stop());

  const read = async (id: string): Promise<Record<string, any> | null> => {
    const { service } = await system.ask(
      `query($id: ID!, $cluster: ID!) { service(id: $id, cluster: $cluster) { ${fields} } }`,
      { id, cluster },
    );
    return service;
  };
  const nodeIds = async (): Promise<string[]> => {
    const nodes = await engineOf(at(system.members, 0).host).nodes();
    return system.members.map(({ host }) => nodes[host.hostname].ID);
  };
  const running = async (name: string): Promise<string[]> =>
    ((await read(name))?.tasks ?? [])
      .filter(({ state, desiredState }: any) => state === 'RUNNING' && desiredState === 'RUNNING')
      .map(({ nodeId }: any) => nodeId);
  const restartPolicy = { condition: 'ANY', delaySeconds: 0.1 };

  it('are made, and shown as they were made', { timeout: 120_000 }, async () => {
    const made = await perform('createService', {
      cluster,
      name: 'web',
      image: 'bb:1',
      command: obedient,
      env: [{ name: 'TOKEN', value: 'open-sesame' }],
      labels: [{ key: 'team', value: 'a' }],
      replicas: 2,
      restartPolicy,
      endpointMode: 'DNSRR',
      updateConfig: { parallelism: 1, failureAction: 'ROLLBACK', monitorSeconds: 1 },
      resources: { memoryReservationBytes: 4_194_304 },
    });
    expect(made).toMatchObject({
      state: 'SUCCEEDED',
      targets: [{ kind: 'SERVICE', name: 'web', state: 'SUCCEEDED' }],
      progress: { done: 2, total: 2, unit: 'tasks' },
      failure: null,
    });
    expect(await read('web')).toMatchObject({
      id: made.targets[0].id,
      mode: 'REPLICATED',
      replicas: 2,
      image: 'bb:1',
      env: [{ name: 'TOKEN', value: 'open-sesame' }],
      labels: [{ key: 'team', value: 'a' }],
      desiredTasks: 2,
      runningTasks: 2,
      endpointMode: 'DNSRR',
      canRollBack: false,
      updateStatus: null,
    });
    const { Spec } = await engineOf(at(system.members, 0).host).get('/services/web');
    expect(Spec.TaskTemplate.ContainerSpec).toMatchObject({ Image: 'bb:1', Env: ['TOKEN=open-sesame'] });
    expect((await running('web')).toSorted()).toEqual((await nodeIds()).toSorted());
    const { services } = await system.ask(
      `query($cluster: ID!) { services(cluster: $cluster, filter: { label: { key: "team" } }) { totalCount edges { node { name } } } }`,
      { cluster },
    );
    expect(services).toEqual({ totalCount: 1, edges: [{ node: { name: 'web' } }] });
  });

  it('are scaled, several at once', { timeout: 120_000 }, async () => {
    const two = {
      cluster,
      name: 'two',
      image: 'bb:1',
      command: obedient,
      restartPolicy,
      endpointMode: 'DNSRR',
    };
    expect(await perform('createService', two)).toMatchObject({ state: 'SUCCEEDED' });
    const scaled = await perform('scaleService', {
      cluster,
      services: [
        { service: 'web', replicas: 4 },
        { service: 'two', replicas: 0 },
      ],
    });
    expect(scaled).toMatchObject({ state: 'SUCCEEDED', progress: { done: 4, total: 4, unit: 'tasks' } });
    expect(await running('web')).toHaveLength(4);
    expect(await running('two')).toHaveLength(0);
    const again = await perform('scaleService', { cluster, services: [{ service: 'web', replicas: 2 }] });
    expect(again).toMatchObject({ state: 'SUCCEEDED' });
    await until(async () => (await running('web')).length === 2, 'two are left');
  });

  it('are updated, and all else stays', { timeout: 120_000 }, async () => {
    const updated = await perform('updateService', {
      cluster,
      service: 'web',
      containerLabels: [{ key: 'build', value: '2' }],
    });
    expect(updated).toMatchObject({ state: 'SUCCEEDED', failure: null });
    expect(await read('web')).toMatchObject({
      image: 'bb:1',
      command: obedient,
      env: [{ name: 'TOKEN', value: 'open-sesame' }],
      labels: [{ key: 'team', value: 'a' }],
      replicas: 2,
      updateStatus: { state: 'COMPLETED' },
      canRollBack: true,
    });
    const { Spec } = await engineOf(at(system.members, 0).host).get('/services/web');
    expect(Spec.TaskTemplate.ContainerSpec.Labels).toEqual({ build: '2' });
  });

  it('a failing rolling update rolls back by itself, and the operation says so', {
    timeout: 120_000,
  }, async () => {
    const failed = await perform('updateService', {
      cluster,
      service: 'web',
      image: 'nosuch:9',
      waitSeconds: 100,
    });
    expect(failed).toMatchObject({ state: 'FAILED', failure: { code: 'ROLLED_BACK' } });
    expect(failed.failure.message).toContain('No such image');
    expect(await read('web')).toMatchObject({ image: 'bb:1', updateStatus: { state: 'ROLLBACK_COMPLETED' } });
    expect(await running('web')).toHaveLength(2);
  });

  it('are rolled back, unless the managers did it already', { timeout: 120_000 }, async () => {
    const args = { cluster, service: 'web' };
    expect(await perform('rollbackService', args)).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NO_PREVIOUS_SPEC' },
    });
    const updated = await perform('updateService', { ...args, workingDirectory: '/tmp' });
    expect(updated).toMatchObject({ state: 'SUCCEEDED' });
    const back = await perform('rollbackService', args);
    expect(back).toMatchObject({ state: 'SUCCEEDED', failure: null });
    expect(await read('web')).toMatchObject({
      updateStatus: { state: 'ROLLBACK_COMPLETED' },
      canRollBack: true,
    });
    const { Spec } = await engineOf(at(system.members, 0).host).get('/services/web');
    expect(Spec.TaskTemplate.ContainerSpec.Dir).toBeUndefined();
    // Docker keeps the spec before any change, that of a scaling too, and changes the two over.
    const scaled = await perform('scaleService', { cluster, services: [{ service: 'web', replicas: 3 }] });
    expect(scaled).toMatchObject({ state: 'SUCCEEDED' });
    for (const replicas of [2, 3, 2]) {
      expect(await perform('rollbackService', args)).toMatchObject({ state: 'SUCCEEDED' });
      expect(await read('web')).toMatchObject({ replicas });
    }
  });

  it('follow a label from node to node, and a label that is changed says what moves', {
    timeout: 120_000,
  }, async () => {
    const [one = '', two = ''] = await nodeIds();
    const label = (node: string, change: object) =>
      perform('updateNodeLabels', { cluster, nodes: [node], ...change });
    expect(await label(one, { set: [{ key: 'disk', value: 'ssd' }] })).toMatchObject({ state: 'SUCCEEDED' });
    const made = await perform('createService', {
      cluster,
      name: 'picky',
      image: 'bb:1',
      command: obedient,
      replicas: 2,
      constraints: ['node.labels.disk == ssd'],
      restartPolicy,
      endpointMode: 'DNSRR',
    });
    expect(made).toMatchObject({ state: 'SUCCEEDED' });
    expect(await running('picky')).toEqual([one, one]);
    expect(await label(two, { set: [{ key: 'disk', value: 'ssd' }] })).toMatchObject({ warnings: [] });
    expect(await label(one, { remove: ['disk'] })).toMatchObject({
      state: 'SUCCEEDED',
      warnings: [{ code: 'TASKS_MOVE', target: one, message: expect.stringContaining('picky (2 tasks)') }],
    });
    await until(async () => (await running('picky')).join() === `${two},${two}`, 'both run there', 30_000);
  });

  it('are moved by a drain, which ends when they run elsewhere', { timeout: 120_000 }, async () => {
    const [one = '', two = ''] = await nodeIds();
    await until(async () => (await running('web')).includes(two), 'one of web runs there', 30_000);
    const drained = await perform('drainNodes', { cluster, nodes: [two], waitSeconds: 60 });
    expect(drained).toMatchObject({ state: 'SUCCEEDED' });
    await until(
      async () => (await running('web')).join() === `${one},${one}`,
      'both run on the other',
      30_000,
    );
    await perform('setNodeAvailability', { cluster, nodes: [two], availability: 'ACTIVE' });
  });

  it('whose tasks cannot run say why at the deadline', { timeout: 120_000 }, async () => {
    const missing = {
      cluster,
      name: 'missing',
      image: 'nosuch:9',
      endpointMode: 'DNSRR',
      deadlineSeconds: 5,
    };
    const failed = await perform('createService', missing);
    expect(failed).toMatchObject({ state: 'FAILED', failure: { code: 'NOT_CONVERGED' } });
    expect(failed.failure.message).toContain('No such image: nosuch:9');
    const nowhere = await perform('createService', {
      ...missing,
      name: 'nowhere',
      image: 'bb:1',
      constraints: ['node.labels.disk == none'],
    });
    expect(nowhere.failure).toMatchObject({
      code: 'NOT_CONVERGED',
      message: expect.stringContaining('no suitable node'),
    });
  });

  it('are removed with their tasks', { timeout: 120_000 }, async () => {
    for (const service of ['web', 'two', 'picky', 'missing', 'nowhere'])
      expect(await perform('removeService', { cluster, service })).toMatchObject({ state: 'SUCCEEDED' });
    expect(await read('web')).toBeNull();
    expect(await engineOf(at(system.members, 0).host).get('/services')).toEqual([]);
    const { auditLog } = await system.ask(
      '{ auditLog(first: 100) { edges { node { action phase input changes { path new } } } } }',
    );
    expect(JSON.stringify(auditLog)).toContain('TOKEN');
    expect(JSON.stringify(auditLog)).not.toContain('open-sesame');
  });
});
