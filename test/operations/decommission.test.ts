// decommissionNodes: the steps that fit, for workers and managers, Ready and Down, with an agent and without. Simulated.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/host.ts';
import { at } from '../support/at.ts';
import { begunTwice } from '../support/commands.ts';
import { listNodes } from '../support/docker.ts';
import { engineOf } from '../support/engine-api.ts';
import { faultsOfHistory, readExternal } from '../support/history.ts';
import { begin, connected, ended, readOperation } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { createService, removeServices, runningOn, stubborn } from '../support/services.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('decommissionNodes, on SIMULATED engines', () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let manager: LabHost;
  const member = (index: number): Member => at(system.members, index);
  /** By hostname; of several the one that is not Down. */
  const idOf = async ({ host }: Member): Promise<string> => {
    const found = (await listNodes(manager)).filter(
      ({ Description }) => Description.Hostname === host.hostname,
    );
    return (found.find(({ Status }) => Status.State === 'ready') ?? at(found, 0)).ID;
  };
  const localState = async ({ host }: Member): Promise<string> =>
    (await engineOf(host).get('/info')).Swarm.LocalNodeState;
  const listed = async (id: string): Promise<boolean> =>
    (await listNodes(manager)).some(({ ID }) => ID === id);
  const nodeState = (id: string, state: string) =>
    until(
      async () => (await listNodes(manager)).find(({ ID }) => ID === id)?.Status.State === state,
      `${id} is ${state}`,
      60_000,
    );
  const join = async (joining: Member, role = 'WORKER') => {
    const done = await perform('joinHosts', { cluster, hosts: [{ host: joining.hostId }], role });
    expect(done).toMatchObject({ state: 'SUCCEEDED' });
    return idOf(joining);
  };
  /** Outer steps alone. */
  const outer = ({ steps }: Record<string, any>, of: readonly string[]): string[] =>
    steps
      .filter(
        ({ name, target }: any) =>
          ['drain', 'demote', 'leave', 'await down', 'remove'].includes(name) && of.includes(target),
      )
      .map(({ name, state }: any) => `${name}: ${state}`);

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 6 }, hosts: 5 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm({ managers: 3 });
    manager = member(0).host;
  });
  afterAll(() => system?.stop());

  it('refuses what loses quorum, tolerance or the last manager, a prefix, and a key that lacks a part', async () => {
    const managers = await Promise.all([0, 1, 2].map((index) => idOf(member(index))));
    expect(await perform('decommissionNodes', { cluster, nodes: managers })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'LAST_MANAGER' },
    });
    for (const dryRun of [true, false])
      expect(await perform('decommissionNodes', { cluster, nodes: [at(managers, 1)], dryRun })).toMatchObject(
        {
          state: 'REFUSED',
          failure: { code: 'NO_FAULT_TOLERANCE' },
          impact: { managersBefore: 3, managersAfter: 2, toleratesAfter: 0, tasksMoving: 0 },
        },
      );
    const worker = await idOf(member(4));
    expect(await perform('decommissionNodes', { cluster, nodes: [worker.slice(0, 20)] })).toMatchObject({
      failure: { code: 'NOT_FOUND' },
    });
    const { payload } = await perform('createApiKey', {
      name: 'remover',
      role: 'VIEWER',
      permissions: ['node:remove', 'node:availability', 'host:leave'],
    });
    const remover = createPerform(system.server.url, payload.key);
    const refused = await remover('decommissionNodes', { cluster, nodes: [worker] });
    expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'FORBIDDEN' } });
    expect(refused.failure.message).toContain('node:demote');
    expect(await listed(worker)).toBe(true);
  });

  it('a worker with an agent is drained, leaves, is Down and is removed; its tasks were moved first', {
    timeout: 60_000,
  }, async () => {
    const id = await idOf(member(4));
    await createService(manager, {
      name: 'web',
      command: stubborn,
      template: { Placement: { Constraints: ['node.role == worker'] } },
      replicas: 2,
    });
    await until(async () => (await runningOn(manager, id)).length === 1, 'a task runs there');
    const done = await perform('decommissionNodes', { cluster, nodes: [id], waitSeconds: 60 });
    expect(done).toMatchObject({
      state: 'SUCCEEDED',
      impact: { tasksMoving: 1, managersBefore: 3, managersAfter: 3 },
      progress: { done: 1, total: 1, unit: 'tasks' },
    });
    expect(outer(done, [id, member(4).hostId])).toEqual([
      'drain: SUCCEEDED',
      'demote: SKIPPED',
      'leave: SUCCEEDED',
      'await down: SUCCEEDED',
      'remove: SUCCEEDED',
    ]);
    expect(done.observedAt).not.toBeNull();
    expect(await localState(member(4))).toBe('inactive');
    expect(await listed(id)).toBe(false);
    expect(await runningOn(manager, await idOf(member(3)))).toHaveLength(2);
    await removeServices(manager);
  });

  it('a manager is demoted before it leaves', { timeout: 60_000 }, async () => {
    await join(member(4), 'MANAGER');
    const id = await idOf(member(4));
    const done = await perform('decommissionNodes', {
      cluster,
      nodes: [member(4).host.hostname],
      waitSeconds: 90,
    });
    expect(done).toMatchObject({ state: 'SUCCEEDED', impact: { managersBefore: 4, managersAfter: 3 } });
    expect(outer(done, [id, member(4).hostId])).toEqual([
      'drain: SUCCEEDED',
      'demote: SUCCEEDED',
      'leave: SUCCEEDED',
      'await down: SUCCEEDED',
      'remove: SUCCEEDED',
    ]);
    expect(await localState(member(4))).toBe('inactive');
    expect(await listed(id)).toBe(false);
  });

  it('a Down manager is demoted and removed; drain and leave are skipped, with the reason', {
    timeout: 60_000,
  }, async () => {
    const id = await join(member(4), 'MANAGER');
    await member(4).host.powerOff();
    await nodeState(id, 'down');
    const done = await perform('decommissionNodes', { cluster, nodes: [id], waitSeconds: 90 });
    expect(done).toMatchObject({ state: 'SUCCEEDED' });
    expect(outer(done, [id, member(4).hostId])).toEqual([
      'drain: SKIPPED',
      'demote: SUCCEEDED',
      'leave: SKIPPED',
      'remove: SUCCEEDED',
    ]);
    for (const { name, state, detail } of done.steps)
      if (state === 'SKIPPED') expect(`${name}: ${detail}`).toContain(`${member(4).host.hostname} is Down`);
    expect(await listed(id)).toBe(false);
    // It comes back with a membership that nobody lists.
    await member(4).host.start();
    await until(async () => {
      const { host } = await system.ask('query($id: ID!) { host(id: $id) { swarm { membership } } }', {
        id: member(4).hostId,
      });
      return host.swarm?.membership === 'ORPHANED';
    }, 'its host is orphaned');
    await engineOf(member(4).host).post('/swarm/leave?force=1');
    await until(async () => (await localState(member(4))) === 'inactive', 'it has left');
  });

  it('a Ready node without an agent needs force, and its engine is not told', {
    timeout: 60_000,
  }, async () => {
    const id = await idOf(member(3));
    await member(3).agent.stop();
    const refused = await until(async () => {
      const operation = await perform('decommissionNodes', { cluster, nodes: [id], dryRun: true });
      return operation.state === 'REFUSED' ? operation : null;
    }, 'the agent is gone');
    expect(refused).toMatchObject({ failure: { code: 'NODE_NOT_DOWN' } });
    const done = await perform('decommissionNodes', { cluster, nodes: [id], force: true });
    expect(done).toMatchObject({ state: 'SUCCEEDED' });
    expect(done.warnings.map(({ code }: any) => code)).toEqual(['CONTAINERS_UNKNOWN', 'ENGINE_NOT_TOLD']);
    expect(outer(done, [id, member(3).hostId])).toEqual([
      'drain: SUCCEEDED',
      'demote: SKIPPED',
      'leave: SKIPPED',
      'remove: SUCCEEDED',
    ]);
    expect(await listed(id)).toBe(false);
    await member(3).agent.start();
    await engineOf(member(3).host).post('/swarm/leave?force=1');
    await until(async () => (await localState(member(3))) === 'inactive', 'it has left');
    await connected(system.ask);
  });

  it('goes on after the server was killed in any of its steps', { timeout: 180_000 }, async () => {
    for (const step of ['drain', 'demote', 'leave', 'await down', 'remove']) {
      await until(
        async () => {
          const { host } = await system.ask('query($id: ID!) { host(id: $id) { swarm { localState } } }', {
            id: member(4).hostId,
          });
          return host.swarm?.localState === 'INACTIVE';
        },
        'the host is free',
        30_000,
      );
      const id = await join(member(4), 'MANAGER');
      const { id: operation } = await begin(system.ask, 'decommissionNodes', { cluster, nodes: [id] });
      await until(
        async () => (await readOperation(system.ask, operation)).steps.some(({ name }: any) => name === step),
        `${step} is begun`,
        60_000,
      );
      await system.server.kill9();
      await system.server.start();
      const done = await ended(system.ask, operation);
      expect({ step, state: done.state, failure: done.failure }).toEqual({
        step,
        state: 'SUCCEEDED',
        failure: null,
      });
      expect(await listed(id)).toBe(false);
      await connected(system.ask);
    }
    expect(begunTwice(system.members)).toEqual([]);
  });

  it('cancelled while it drains it gives the availability back, and does no more', {
    timeout: 60_000,
  }, async () => {
    const id = await join(member(4));
    await createService(manager, {
      name: 'web',
      command: stubborn,
      template: { Placement: { Constraints: [`node.id == ${id}`] } },
    });
    await until(async () => (await runningOn(manager, id)).length === 1, 'a task runs there');
    const { id: operation } = await begin(system.ask, 'decommissionNodes', { cluster, nodes: [id] });
    await until(
      async () =>
        (await readOperation(system.ask, operation)).steps.some(({ name }: any) => name === 'await empty'),
      'it waits for its tasks',
    );
    await perform('cancelOperation', { id: operation });
    const done = await ended(system.ask, operation);
    expect(done).toMatchObject({
      state: 'CANCELLED',
      targets: [{ state: 'SKIPPED', failure: { code: 'CANCELLED' } }],
    });
    const node = (await listNodes(manager)).find(({ ID }) => ID === id);
    expect(node).toMatchObject({ Spec: { Availability: 'active' }, Status: { State: 'ready' } });
    expect(await localState(member(4))).toBe('active');
    await removeServices(manager);
  });

  it('at the drain’s deadline it does no more: the node stays a member, in drain', {
    timeout: 60_000,
  }, async () => {
    const id = await idOf(member(4));
    await createService(manager, {
      name: 'never',
      command: stubborn,
      container: { StopGracePeriod: 3_600e9 },
      template: { Placement: { Constraints: [`node.id == ${id}`] } },
    });
    await until(async () => (await runningOn(manager, id)).length === 1, 'a task runs there');
    const done = await perform('decommissionNodes', { cluster, nodes: [id], deadlineSeconds: 1 });
    expect(done).toMatchObject({ state: 'FAILED', failure: { code: 'DRAIN_DEADLINE' } });
    expect(done.failure.message).toContain('never.1');
    expect(outer(done, [id, member(4).hostId])).toEqual(['drain: FAILED']);
    const node = (await listNodes(manager)).find(({ ID }) => ID === id);
    expect(node).toMatchObject({ Spec: { Availability: 'drain' }, Status: { State: 'ready' } });
    await removeServices(manager);
    // The engine lets its task go when it is started anew.
    await member(4).host.kill9();
    await member(4).host.start();
    await nodeState(id, 'ready');
  });

  it('refuses a manager whose loss loses quorum, also by force', { timeout: 60_000 }, async () => {
    const lost = await idOf(member(2));
    await member(2).host.powerOff();
    await nodeState(lost, 'down');
    for (const force of [true, false])
      expect(
        await perform('decommissionNodes', { cluster, nodes: [await idOf(member(1))], force, dryRun: true }),
      ).toMatchObject({ state: 'REFUSED', failure: { code: 'WOULD_LOSE_QUORUM' } });
    await member(2).host.start();
    await nodeState(lost, 'ready');
    await until(
      async () =>
        (await listNodes(manager)).every(
          ({ ManagerStatus }) => !ManagerStatus || ManagerStatus.Reachability === 'reachable',
        ),
      'it is reachable',
      60_000,
    );
  });

  it('cancelled later it stops before its next step, and says how the node stands', {
    timeout: 60_000,
  }, async () => {
    const id = await idOf(member(4));
    const { id: operation } = await begin(system.ask, 'decommissionNodes', { cluster, nodes: [id] });
    await until(
      async () =>
        (await readOperation(system.ask, operation)).steps.some(({ name }: any) => name === 'await down'),
      'it has left',
    );
    await perform('cancelOperation', { id: operation });
    const done = await ended(system.ask, operation);
    expect(done).toMatchObject({ state: 'CANCELLED' });
    expect(done.targets[0].failure.message).toContain('still listed');
    expect((await listNodes(manager)).find(({ ID }) => ID === id)?.Status.State).toBe('down');
    expect(await perform('decommissionNodes', { cluster, nodes: [id] })).toMatchObject({
      state: 'SUCCEEDED',
    });
    expect(await listed(id)).toBe(false);
  });

  it('leaves a history without a fault', async () => {
    // The service was made and removed by this test, without Skep.
    const external = await readExternal(system.ask);
    expect(external.filter(({ targets }) => targets[0]?.kind !== 'SERVICE')).toEqual([]);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });
});
