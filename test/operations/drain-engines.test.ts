// A drain on the engines of the run, real ones where they can be: the preview is what then happens.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { callDocker } from '../support/docker.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { createService, listTasks, runningOn } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe(`a drain, on ${enginesNote}`, () => {
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

  /** `docker run` on a host. */
  const runContainer = async (index: number, name: string): Promise<void> => {
    const { world } = system.machines;
    if (world) return at(world.engines(), index).runContainer(name);
    const { host } = at(system.members, index);
    const { Id } = await callDocker<{ Id: string }>(host, 'POST', `/containers/create?name=${name}`, {
      Image: 'bb:1',
      Cmd: ['sleep', '1000'],
      HostConfig: { NetworkMode: 'none' },
    });
    await callDocker(host, 'POST', `/containers/${Id}/start`);
  };

  it('moves what it said, pauses what it said, leaves what it said', { timeout: 120_000 }, async () => {
    const manager = at(system.members, 0).host;
    const worker = (await engineOf(manager).nodes())[at(system.members, 1).host.hostname].ID;
    await createService(manager, { name: 'spread', replicas: 2 });
    await until(async () => (await runningOn(manager, worker)).length === 1, 'one runs there', 60_000);
    const here = { Placement: { Constraints: [`node.id == ${worker}`] } };
    await createService(manager, { name: 'here', template: here });
    await until(async () => (await runningOn(manager, worker)).length === 2, 'both run there', 60_000);
    await runContainer(1, 'registry');
    const impact = {
      tasksMoving: 2,
      servicesWithGap: ['here'],
      unplaceable: ['here'],
      standaloneContainers: 1,
    };
    const input = { cluster, nodes: [worker] };
    expect(await perform('drainNodes', { ...input, dryRun: true })).toMatchObject({
      state: 'SUCCEEDED',
      impact,
    });
    const done = await perform('drainNodes', { ...input, waitSeconds: 60 });
    expect(done).toMatchObject({
      state: 'SUCCEEDED',
      impact,
      progress: { done: 2, total: 2, unit: 'tasks' },
      warnings: [{ code: 'SERVICE_GAP' }, { code: 'UNPLACEABLE' }, { code: 'CONTAINERS_STAY' }],
    });
    expect(await runningOn(manager, worker)).toEqual([]);
    const containers = await callDocker<{ Names: string[] }[]>(
      at(system.members, 1).host,
      'GET',
      '/containers/json',
    );
    expect(containers.map(({ Names }) => Names)).toEqual([['/registry']]);
    const { ID } = await engineOf(manager).get('/services/here');
    await until(
      async () =>
        (await listTasks(manager)).some(
          ({ ServiceID, Status }) => ServiceID === ID && Status.State === 'pending',
        ),
      'the task that fits nowhere waits',
    );
  });
});
