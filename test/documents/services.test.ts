// docs/services.md, on SIMULATED engines, which have every image at once: real ones would fetch nginx from a registry.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engineOf } from '../support/engine-api.ts';
import type { Subscriber } from '../support/live.ts';
import { createPerform } from '../support/perform.ts';
import { snippet } from '../support/snippets.ts';
import { type System, startSystem } from '../support/system.ts';
import { transports } from '../support/transports.ts';

describe('docs/services.md, on SIMULATED engines', () => {
  let system: System;
  let cluster: string;
  let followed: Subscriber;

  const succeeded = { state: 'SUCCEEDED', failure: null };
  const look = async (): Promise<Record<string, any>> =>
    (await system.ask(snippet('docs/services.md', 'Look'), { cluster })).service;
  const told = (action: string) =>
    followed.next(({ operation }) => operation?.action === action, `${action} is told`);

  beforeAll(async () => {
    // One host for each task: the port is published on the hosts themselves.
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 }, hosts: 5 });
    cluster = await system.formSwarm();
    const perform = createPerform(system.server.url, system.server.adminKey);
    const nodes = system.members.map(({ host }) => host.hostname);
    await perform('updateNodeLabels', { cluster, nodes, set: [{ key: 'disk', value: 'ssd' }] });
    followed = at(transports, 0).listen(system, snippet('docs/services.md', 'Follow'), { cluster });
  });
  afterAll(async () => {
    followed?.stop();
    await system?.stop();
  });

  it('a service is made, and told', async () => {
    const { createService } = await system.ask(snippet('docs/services.md', 'Create'), { cluster });
    expect(createService).toMatchObject({ ...succeeded, progress: { done: 3, total: 3, unit: 'tasks' } });
    expect(await look()).toMatchObject({ image: 'nginx:1.27', runningTasks: 3, desiredTasks: 3 });
    expect(await told('createService')).toMatchObject({ service: { name: 'web', replicas: 3 } });
  });

  it('is updated, and all else stays', async () => {
    const { updateService } = await system.ask(snippet('docs/services.md', 'Update'), { cluster });
    expect(updateService).toEqual(succeeded);
    expect(await look()).toMatchObject({ image: 'nginx:1.28', runningTasks: 3, canRollBack: true });
    const { Spec } = await engineOf(at(system.members, 0).host).get('/services/web');
    expect(Spec.TaskTemplate).toMatchObject({
      ContainerSpec: { Env: ['TOKEN=…'] },
      Placement: { Constraints: ['node.labels.disk == ssd'] },
    });
    expect(await told('updateService')).toMatchObject({
      changes: expect.arrayContaining([{ path: 'image', old: 'nginx:1.27', new: 'nginx:1.28' }]),
    });
  });

  it('goes back to what was before', async () => {
    const { rollbackService } = await system.ask(snippet('docs/services.md', 'Back'), { cluster });
    expect(rollbackService).toEqual(succeeded);
    expect(await look()).toMatchObject({ image: 'nginx:1.27', runningTasks: 3 });
    expect(await told('rollbackService')).toMatchObject({
      operation: { reason: 'the new one leaks', actor: { name: 'first admin' } },
    });
  });

  it('is scaled: as many run', async () => {
    const { scaleService } = await system.ask(snippet('docs/services.md', 'Scale'), { cluster });
    expect(scaleService).toMatchObject({ ...succeeded, progress: { done: 5, total: 5, unit: 'tasks' } });
    const { services } = await system.ask(snippet('docs/services.md', 'Wished'), { cluster });
    expect(services.edges).toMatchObject([{ node: { name: 'web', replicas: 5, runningTasks: 5 } }]);
    expect(await told('scaleService')).toMatchObject({
      changes: expect.arrayContaining([{ path: 'replicas', old: 3, new: 5 }]),
    });
  });

  it('goes back from a scaling too, and forth again', async () => {
    for (const runningTasks of [3, 5]) {
      const { rollbackService } = await system.ask(snippet('docs/services.md', 'Back'), { cluster });
      expect(rollbackService).toEqual(succeeded);
      expect(await look()).toMatchObject({ image: 'nginx:1.27', desiredTasks: runningTasks, runningTasks });
    }
  });

  it('its history says who changed it', async () => {
    const { service } = await system.ask(snippet('docs/services.md', 'Who'), { cluster });
    expect(service.history).toContainEqual(
      expect.objectContaining({ action: 'scaleService', outcome: 'SUCCEEDED', reason: 'the sale begins' }),
    );
    expect(followed.errors).toEqual([]);
  });
});
