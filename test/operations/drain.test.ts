// drainNodes: refused, previewed, waited for, cancelled, too late. On simulated engines, whose tasks take their time.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/host.ts';
import { at } from '../support/at.ts';
import { changeNode, listNodes } from '../support/docker.ts';
import { engineOf } from '../support/engine-api.ts';
import { begin, ended, readOperation } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { createService, listTasks, removeServices, runningOn, stubborn } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const final = ['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned'];

describe('drainNodes, on SIMULATED engines', () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let manager: LabHost;
  /** Node ids: the manager, and three workers. */
  let ids: string[];

  const availabilities = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await listNodes(manager)).map(({ ID, Spec }) => [ID, Spec.Availability]));
  const notEndedOn = async (nodeId: string): Promise<string[]> =>
    (await listTasks(manager))
      .filter(({ NodeID, Status }) => NodeID === nodeId && !final.includes(Status.State))
      .map(({ ID }) => ID);
  const settled = (nodeId: string, count: number) =>
    until(async () => (await runningOn(manager, nodeId)).length === count, `${count} tasks on ${nodeId}`);
  const activate = async () => {
    const nodes = await listNodes(manager);
    const drained = nodes.filter(({ Spec }) => Spec.Availability !== 'active').map(({ ID }) => ID);
    if (drained.length > 0)
      await perform('setNodeAvailability', { cluster, nodes: drained, availability: 'ACTIVE' });
  };
  const onlyOn = (nodeId: string) => ({ Placement: { Constraints: [`node.id == ${nodeId}`] } });

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 }, hosts: 4 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    manager = at(system.members, 0).host;
    const nodes = await engineOf(manager).nodes();
    ids = system.members.map(({ host }) => nodes[host.hostname].ID);
    // So that all tasks are on the workers.
    await perform('setNodeAvailability', { cluster, nodes: [at(ids, 0)], availability: 'DRAIN' });
  });
  afterAll(() => system?.stop());
  beforeEach(activate);
  afterEach(async () => {
    await removeServices(manager);
    await until(async () => (await listTasks(manager)).length === 0, 'no task is left');
  });

  it('refuses a deadline that is none', async () => {
    for (const deadlineSeconds of [0, 86_401])
      expect(
        await perform.error('drainNodes', { cluster, nodes: [at(ids, 1)], deadlineSeconds }),
      ).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('refuses to drain the last active nodes, dry and in earnest', async () => {
    for (const dryRun of [true, false]) {
      const refused = await perform('drainNodes', { cluster, nodes: ids, dryRun });
      expect(refused).toMatchObject({
        state: 'REFUSED',
        failure: { code: 'LAST_ACTIVE_NODE' },
        guards: [{ guard: 'LAST_ACTIVE_NODE' }],
      });
    }
    expect(Object.values(await availabilities())).toEqual(['active', 'active', 'active', 'active']);
  });

  it('ends when the node is empty, not when drain is set, and tells how far it is', async () => {
    await perform('setNodeAvailability', { cluster, nodes: [at(ids, 0)], availability: 'PAUSE' });
    await createService(manager, { name: 'web', command: stubborn, replicas: 3 });
    await settled(at(ids, 1), 1);
    const open = await begin(system.ask, 'drainNodes', { cluster, nodes: [at(ids, 1)] });
    await until(
      async () => (await availabilities())[at(ids, 1)] === 'drain' && (await notEndedOn(at(ids, 1))).length,
      'it is in drain and its task still runs',
    );
    // The engine has it in drain a moment before the operation has looked how far it is.
    const running = await until(async () => {
      const operation = await readOperation(system.ask, open.id);
      return operation.progress && operation;
    }, 'it tells how far it is');
    expect(running).toMatchObject({
      state: 'RUNNING',
      endedAt: null,
      progress: { done: 0, total: 1, unit: 'tasks' },
    });
    const done = await ended(system.ask, open.id);
    expect(await notEndedOn(at(ids, 1))).toEqual([]);
    expect(done).toMatchObject({
      state: 'SUCCEEDED',
      progress: { done: 1, total: 1, unit: 'tasks' },
      impact: { tasksMoving: 1, servicesWithGap: [], unplaceable: [], standaloneContainers: 0 },
      warnings: [],
    });
    expect(done.steps.map(({ name, state }: any) => `${name}: ${state}`)).toEqual([
      'update: SUCCEEDED',
      'observe: SUCCEEDED',
      'await empty: SUCCEEDED',
    ]);
    expect(new Date(done.observedAt).getTime()).toBeGreaterThan(new Date(open.startedAt).getTime());
  });

  it('drains one node after the other, or all at once', async () => {
    await perform('setNodeAvailability', { cluster, nodes: [at(ids, 0)], availability: 'PAUSE' });
    await createService(manager, { name: 'web', command: stubborn, replicas: 3 });
    await settled(at(ids, 1), 1);
    const emptied = async (parallel: boolean) => {
      await perform('setNodeAvailability', { cluster, nodes: ids.slice(1), availability: 'ACTIVE' });
      const done = await perform('drainNodes', { cluster, nodes: ids.slice(1, 3), parallel });
      expect(done).toMatchObject({ state: 'SUCCEEDED' });
      const waits = done.steps.filter(({ name }: any) => name === 'await empty');
      return { end: new Date(at<any>(waits, 0).endedAt), begin: new Date(at<any>(waits, 1).startedAt) };
    };
    const one = await emptied(false);
    expect(one.begin.getTime()).toBeGreaterThanOrEqual(one.end.getTime());
    await perform('setNodeAvailability', { cluster, nodes: ids.slice(1), availability: 'ACTIVE' });
    await perform('setNodeAvailability', { cluster, nodes: [at(ids, 3)], availability: 'DRAIN' });
    await until(async () => (await notEndedOn(at(ids, 3))).length === 0, 'the tasks are on the two others');
    await until(
      async () =>
        (await runningOn(manager, at(ids, 1))).length + (await runningOn(manager, at(ids, 2))).length === 3,
      'all run there',
    );
    const all = await emptied(true);
    expect(all.begin.getTime()).toBeLessThan(all.end.getTime());
  });

  it('says what is so already, and a node that was empty is done', async () => {
    await perform('setNodeAvailability', { cluster, nodes: [at(ids, 1)], availability: 'DRAIN' });
    expect(await perform('drainNodes', { cluster, nodes: [at(ids, 1)] })).toMatchObject({
      state: 'SUCCEEDED',
      warnings: [{ code: 'ALREADY_DRAINED', target: at(ids, 1) }],
      steps: [{ name: 'await empty' }],
    });
  });

  it('fails at the deadline with the tasks that are left, and the node stays in drain', async () => {
    await createService(manager, { name: 'web', command: stubborn, template: onlyOn(at(ids, 1)) });
    await settled(at(ids, 1), 1);
    const done = await perform('drainNodes', {
      cluster,
      nodes: [at(ids, 1), at(ids, 2)],
      deadlineSeconds: 1,
    });
    expect(done).toMatchObject({ state: 'FAILED', failure: { code: 'DRAIN_DEADLINE', retryable: true } });
    const [left] = await notEndedOn(at(ids, 1));
    expect(done.targets[0].failure.message).toContain(`web.1 (${left}, RUNNING)`);
    // It was not begun any more.
    expect(done.targets[1]).toMatchObject({ state: 'FAILED', failure: { code: 'DRAIN_DEADLINE' } });
    expect(await availabilities()).toMatchObject({ [at(ids, 1)]: 'drain', [at(ids, 2)]: 'active' });
  });

  it('cancelled: the node in work is as it was, the drained one stays drained, the others are left', async () => {
    await createService(manager, { name: 'web', command: stubborn, template: onlyOn(at(ids, 2)) });
    await settled(at(ids, 2), 1);
    await perform('setNodeAvailability', { cluster, nodes: [at(ids, 2)], availability: 'PAUSE' });
    const { id } = await begin(system.ask, 'drainNodes', { cluster, nodes: ids.slice(1) });
    await until(async () => (await availabilities())[at(ids, 2)] === 'drain', 'the second is in work');
    await perform('cancelOperation', { id });
    const done = await ended(system.ask, id);
    expect(done).toMatchObject({ state: 'CANCELLED', failure: null });
    expect(done.targets).toMatchObject([
      { id: at(ids, 1), state: 'SUCCEEDED' },
      { id: at(ids, 2), state: 'SKIPPED', failure: { code: 'CANCELLED' } },
      { id: at(ids, 3), state: 'SKIPPED', failure: null },
    ]);
    expect(await availabilities()).toMatchObject({
      [at(ids, 1)]: 'drain',
      [at(ids, 2)]: 'pause',
      [at(ids, 3)]: 'active',
    });
  });

  it('looks again before each node: others may have taken the last active ones meanwhile', async () => {
    await createService(manager, { name: 'web', command: stubborn, template: onlyOn(at(ids, 1)) });
    await settled(at(ids, 1), 1);
    const { id } = await begin(system.ask, 'drainNodes', { cluster, nodes: ids.slice(1, 3) });
    await until(async () => (await availabilities())[at(ids, 1)] === 'drain', 'the first is in work');
    // By hand, so that no rule of Skep's stands in the way.
    for (const other of [at(ids, 0), at(ids, 3)])
      await changeNode(manager, other, () => ({ Availability: 'pause' }));
    const done = await ended(system.ask, id);
    expect(done).toMatchObject({ state: 'FAILED', failure: { code: 'PARTIAL' } });
    expect(done.targets).toMatchObject([
      { state: 'SUCCEEDED' },
      { state: 'FAILED', failure: { code: 'LAST_ACTIVE_NODE' } },
    ]);
    expect((await availabilities())[at(ids, 2)]).toBe('active');
  });

  it('somebody who ends the drain by hand ends the operation, too', async () => {
    await createService(manager, { name: 'web', command: stubborn, template: onlyOn(at(ids, 1)) });
    await settled(at(ids, 1), 1);
    const { id } = await begin(system.ask, 'drainNodes', { cluster, nodes: [at(ids, 1)] });
    await until(
      async () => (await readOperation(system.ask, id)).steps.at(-1)?.name === 'await empty',
      'it is waited for',
    );
    await changeNode(manager, at(ids, 1), () => ({ Availability: 'active' }));
    expect(await ended(system.ask, id)).toMatchObject({ state: 'FAILED', failure: { code: 'NOT_OBSERVED' } });
  });

  it('a second drain beside an open one is refused unless it is meant; availability DRAIN as well', async () => {
    await createService(manager, { name: 'web', command: stubborn, template: onlyOn(at(ids, 1)) });
    await settled(at(ids, 1), 1);
    const open = await begin(system.ask, 'drainNodes', { cluster, nodes: [at(ids, 1)] });
    for (const [mutation, more] of [
      ['drainNodes', {}],
      ['setNodeAvailability', { availability: 'DRAIN' }],
    ] as const) {
      const input = { cluster, nodes: [at(ids, 2)], ...more };
      const dry = await perform(mutation, { ...input, dryRun: true });
      const refused = await perform(mutation, input);
      for (const operation of [dry, refused])
        expect(operation).toMatchObject({
          state: 'REFUSED',
          failure: { code: 'CONCURRENT_DRAIN' },
          guards: [{ guard: 'CONCURRENT_DRAIN' }],
        });
      expect(refused.guards[0].message).toContain(open.id);
    }
    // What the open one takes away is not counted on, though it may not have taken it yet.
    const last = await perform('setNodeAvailability', {
      cluster,
      nodes: [at(ids, 0), at(ids, 2), at(ids, 3)],
      availability: 'PAUSE',
    });
    expect(last).toMatchObject({ state: 'REFUSED', failure: { code: 'LAST_ACTIVE_NODE' } });
    const meant = await perform('drainNodes', {
      cluster,
      nodes: [at(ids, 2)],
      override: ['CONCURRENT_DRAIN'],
      reason: 'both racks at once',
    });
    expect(meant).toMatchObject({ state: 'SUCCEEDED', overrides: ['CONCURRENT_DRAIN'] });
    expect(await ended(system.ask, open.id)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('of several drains that come at once, one is carried out', async () => {
    const all = await Promise.all(
      ids.slice(1).map((id) => perform('drainNodes', { cluster, nodes: [id], reason: 'at once' })),
    );
    expect(all.map(({ state }) => state).sort()).toEqual(['REFUSED', 'REFUSED', 'SUCCEEDED']);
    expect(Object.values(await availabilities()).filter((now) => now === 'drain')).toHaveLength(1);
  });

  it('goes on after the server was killed, and its deadline is counted from its record', {
    timeout: 60_000,
  }, async () => {
    await createService(manager, { name: 'web', command: stubborn, template: onlyOn(at(ids, 1)) });
    await settled(at(ids, 1), 1);
    const drained = await begin(system.ask, 'drainNodes', { cluster, nodes: [at(ids, 1)] });
    await until(async () => (await availabilities())[at(ids, 1)] === 'drain', 'it is in drain');
    await system.server.kill9();
    await system.server.start();
    const done = await ended(system.ask, drained.id);
    expect(done).toMatchObject({ state: 'SUCCEEDED' });
    expect(await notEndedOn(at(ids, 1))).toEqual([]);
    // One that never stops.
    const grace = { StopGracePeriod: 3_600e9 };
    await createService(manager, {
      name: 'never',
      command: stubborn,
      container: grace,
      template: onlyOn(at(ids, 2)),
    });
    await settled(at(ids, 2), 1);
    const late = await begin(system.ask, 'drainNodes', { cluster, nodes: [at(ids, 2)], deadlineSeconds: 6 });
    await until(async () => (await availabilities())[at(ids, 2)] === 'drain', 'it is in drain');
    await system.server.kill9();
    await until(() => Date.now() > new Date(late.startedAt).getTime() + 6_000, 'the deadline has passed');
    await system.server.start();
    const { state, failure, steps } = await ended(system.ask, late.id);
    expect({ state, code: failure.code }).toEqual({ state: 'FAILED', code: 'DRAIN_DEADLINE' });
    // Not six seconds more from the restart on: one look.
    const { name, startedAt, endedAt } = steps.at(-1);
    expect(name).toBe('await empty');
    expect(new Date(endedAt).getTime() - new Date(startedAt).getTime()).toBeLessThan(4_000);
  });

  it('a cancellation that a kill interrupts still restores', { timeout: 60_000 }, async () => {
    await createService(manager, { name: 'web', command: stubborn, template: onlyOn(at(ids, 1)) });
    await settled(at(ids, 1), 1);
    // No write is taken, so that the restoring is still to come when the server is killed.
    const { id } = await begin(system.ask, 'drainNodes', { cluster, nodes: [at(ids, 1)] });
    await until(async () => (await availabilities())[at(ids, 1)] === 'drain', 'it is in drain');
    const engine = at(system.machines.world?.engines() ?? [], 0);
    engine.fault({
      match: 'POST /nodes/*/update',
      kind: 'status',
      message: 'rpc error: code = Unknown desc = The swarm does not have a leader.',
    });
    await perform('cancelOperation', { id });
    await until(
      async () =>
        (await readOperation(system.ask, id)).steps.some(({ name }: any) => name === 'restore availability'),
      'it is being restored',
    );
    await system.server.kill9();
    engine.clearFaults();
    await system.server.start();
    expect(await ended(system.ask, id)).toMatchObject({ state: 'CANCELLED' });
    expect(await availabilities()).toMatchObject({ [at(ids, 1)]: 'active' });
  });
});
