// rollMaintenance without engines that break: refused, let go on, paused, cancelled, stopped by a failure, gone on with
// after a kill of the server. On simulated engines.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/host.ts';
import { at } from '../support/at.ts';
import { listNodes } from '../support/docker.ts';
import { engineOf } from '../support/engine-api.ts';
import { faultsOfHistory, readAudit, readExternal } from '../support/history.ts';
import { begin, connected, ended, readOperation } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { createService, removeServices, runningOn, stubborn } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { type HookServer, startHookServer } from './hook-server.ts';

const meant = { reason: 'kernel update', override: ['NO_FAULT_TOLERANCE'] };

describe('rollMaintenance, on SIMULATED engines', () => {
  let system: System;
  let hook: HookServer;
  /** Read at each start of the server. */
  const env: Record<string, string> = { SKEP_MAINTENANCE_HOOK_SECONDS: '2' };
  let perform: Perform;
  let cluster: string;
  let manager: LabHost;
  /** Node ids: three managers, two workers. */
  let ids: string[];

  const availabilities = async (): Promise<string[]> => {
    const nodes = await listNodes(manager);
    return ids.map((id) => nodes.find(({ ID }) => ID === id)?.Spec.Availability ?? 'gone');
  };
  const allActive = ['active', 'active', 'active', 'active', 'active'];
  const roll = (input: Record<string, unknown>) =>
    begin(system.ask, 'rollMaintenance', { cluster, ...input });
  const stateOf = (operation: Record<string, any>, id: string): string =>
    operation.targets.find((target: any) => target.id === id).state;
  /** Ids of the nodes that wait for a go-ahead. */
  const waiting = async (id: string): Promise<string[]> => {
    const { operation } = await system.ask(
      'query($id: ID!) { operation(id: $id) { maintenance { nodes { id phase wentOn } } } }',
      { id },
    );
    return operation.maintenance.nodes.flatMap((node: any) =>
      node.phase === 'GO_AHEAD' && node.wentOn === null ? [node.id] : [],
    );
  };
  const waits = (id: string, nodes: readonly string[]) =>
    until(
      async () => JSON.stringify((await waiting(id)).sort()) === JSON.stringify([...nodes].sort()),
      `${nodes.length} nodes wait for a go-ahead`,
    );
  const told = (id: string, what: RegExp) =>
    until(
      async () =>
        (await readOperation(system.ask, id)).steps.some(
          ({ detail, endedAt }: any) => endedAt === null && what.test(detail ?? ''),
        ),
      `a step says ${what}`,
    );
  /** Does not wait for locks; answered when it has ended. */
  const impatient = async (mutation: string, input: Record<string, unknown>) => {
    const { id } = await begin(system.ask, mutation, { ...input, waitSeconds: 0.2 });
    return ended(system.ask, id);
  };
  const steer = (mutation: string, operation: string, more: Record<string, unknown> = {}) =>
    begin(system.ask, mutation, { operation, waitSeconds: 30, ...more });

  beforeAll(async () => {
    hook = await startHookServer();
    env.SKEP_MAINTENANCE_HOOKS = `reboot=${hook.url}?token=not-for-records`;
    system = await startSystem({
      engines: { kind: 'simulated', version: '28.5', speed: 4 },
      hosts: 5,
      env,
    });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm({ managers: 3 });
    manager = at(system.members, 0).host;
    const nodes = await engineOf(manager).nodes();
    ids = system.members.map(({ host }) => nodes[host.hostname].ID);
  });
  afterAll(async () => {
    await system?.stop();
    await hook?.stop();
  });
  afterEach(async () => {
    // What a failed test left open would stand in the way of the next.
    const open = await system.ask(
      '{ operations(filter: { open: true, action: "rollMaintenance" }) { edges { node { id } } } }',
    );
    for (const { node } of open.operations.edges) {
      await begin(system.ask, 'cancelOperation', { id: node.id });
      await ended(system.ask, node.id);
    }
    await removeServices(manager);
    await perform('setNodeAvailability', { cluster, nodes: ids, availability: 'ACTIVE' });
  });

  it('refuses input that contradicts itself', async () => {
    const worker = [at(ids, 3)];
    for (const input of [
      { cluster },
      { cluster, nodes: worker, selector: { all: true } },
      { cluster, selector: {} },
      { cluster, selector: { all: true, role: 'WORKER' } },
      { cluster, nodes: worker, maxUnavailable: 0 },
      { cluster, nodes: worker, maxUnavailable: 101 },
      { cluster, nodes: worker, proceed: 'HOOK' },
      { cluster, nodes: worker, hook: 'reboot' },
      { cluster, nodes: worker, backDeadlineSeconds: 86_401 },
    ])
      expect(await perform.error('rollMaintenance', input)).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('refuses, with what is wrong and what to do', async () => {
    const all = { cluster, selector: { all: true } };
    expect(await perform('rollMaintenance', all)).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NO_FAULT_TOLERANCE' },
      impact: { toleratesBefore: 1, toleratesAfter: 0 },
    });
    for (const address of ['patch', hook.url])
      expect(
        await perform('rollMaintenance', { ...all, ...meant, proceed: 'HOOK', hook: address.slice(0, 50) }),
      ).toMatchObject({ state: 'REFUSED', failure: { code: 'NOT_FOUND', hint: 'it has reboot' } });
    expect(
      await perform('rollMaintenance', { cluster, selector: { labels: [{ key: 'no', value: 'such' }] } }),
    ).toMatchObject({ state: 'REFUSED', failure: { code: 'NOT_FOUND' } });
    expect(await perform('rollMaintenance', { ...all, ...meant, dryRun: true })).toMatchObject({
      state: 'SUCCEEDED',
    });
    expect(await availabilities()).toEqual(allActive);
    expect((await system.ask('{ maintenanceHooks }')).maintenanceHooks).toEqual(['reboot']);
  });

  it('is guarded: the last active node, and beside another drain', async () => {
    await perform('setNodeAvailability', { cluster, nodes: ids.slice(0, 4), availability: 'DRAIN' });
    expect(await perform('rollMaintenance', { cluster, nodes: [at(ids, 4)] })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'LAST_ACTIVE_NODE' },
    });
    await perform('setNodeAvailability', { cluster, nodes: ids, availability: 'ACTIVE' });
    const only = { Placement: { Constraints: [`node.id == ${at(ids, 3)}`] } };
    await createService(manager, { name: 'web', command: stubborn, template: only });
    await until(async () => (await runningOn(manager, at(ids, 3))).length === 1, 'it runs there');
    const drain = await begin(system.ask, 'drainNodes', { cluster, nodes: [at(ids, 3)] });
    await until(async () => (await availabilities())[3] === 'drain', 'it is being drained');
    expect(await perform('rollMaintenance', { cluster, nodes: [at(ids, 4)] })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'CONCURRENT_DRAIN' },
    });
    await ended(system.ask, drain.id);
  });

  it('is guarded on the host of the server itself', async () => {
    env.SKEP_OWN_HOST = at(system.members, 3).hostId;
    await system.server.stop();
    await system.server.start();
    await connected(system.ask);
    perform = createPerform(system.server.url, system.server.adminKey);
    expect(await perform('rollMaintenance', { cluster, selector: { role: 'WORKER' } })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'HOSTS_SKEP' },
    });
    env.SKEP_OWN_HOST = 'none';
    await system.server.stop();
    await system.server.start();
    await connected(system.ask);
    perform = createPerform(system.server.url, system.server.adminKey);
  });

  it('takes workers first, the leader last, one at a time, each when it is let go on', async () => {
    const { id } = await roll({ selector: { all: true }, ...meant });
    const order: string[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const next = at(
        await until(async () => {
          const now = await waiting(id);
          return now.length > 0 ? now : null;
        }, 'one waits'),
        0,
      );
      order.push(next);
      const now = await availabilities();
      expect(now.filter((availability) => availability === 'drain')).toHaveLength(1);
      expect(now[ids.indexOf(next)]).toBe('drain');
      if (turn < 4) await told(id, /in maintenance/);
      expect(await steer('proceedMaintenance', id, { nodes: [next] })).toMatchObject({ state: 'SUCCEEDED' });
    }
    expect(order.slice(0, 2).sort()).toEqual([at(ids, 3), at(ids, 4)].sort());
    expect(order.at(-1)).toBe(at(ids, 0));
    const done = await ended(system.ask, id);
    expect(done).toMatchObject({ state: 'SUCCEEDED', progress: { done: 5, total: 5, unit: 'nodes' } });
    expect(await availabilities()).toEqual(allActive);
    expect(done.steps.find(({ name }: any) => name === 'go-ahead').detail).toBe('first admin let it go on');
    // The service was made and removed by this test, without Skep.
    const external = await readExternal(system.ask);
    expect(external.filter(({ targets }) => targets[0]?.kind !== 'SERVICE')).toEqual([]);
    expect((await readAudit(system.ask, { operation: id })).map(({ phase }: any) => phase)).toEqual([
      'INTENT',
      'OUTCOME',
    ]);
  });

  it('refuses a go-ahead that nobody waits for, and words to what has ended', async () => {
    const { id } = await roll({ nodes: [at(ids, 3), at(ids, 4)] });
    await until(async () => (await waiting(id)).length === 1, 'one waits');
    const [one] = await waiting(id);
    const other = ids.slice(3).find((each) => each !== one);
    expect(await steer('proceedMaintenance', id, { nodes: [other] })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NOT_WAITING' },
    });
    expect(await steer('proceedMaintenance', id, { nodes: [at(ids, 1)] })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NOT_FOUND' },
    });
    await steer('cancelOperation', id, { operation: undefined, id });
    await ended(system.ask, id);
    for (const mutation of ['proceedMaintenance', 'pauseMaintenance', 'resumeMaintenance'])
      expect(await steer(mutation, id)).toMatchObject({
        state: 'REFUSED',
        failure: { code: 'NOT_CANCELLABLE' },
      });
  });

  it('is seen by others: its node is busy, a drain beside it is guarded, the managers stay who they are', async () => {
    const { id } = await roll({ nodes: [at(ids, 1)], ...meant });
    await waits(id, [at(ids, 1)]);
    const node = { cluster, nodes: [at(ids, 1)], availability: 'ACTIVE' };
    expect(await impatient('setNodeAvailability', node)).toMatchObject({ failure: { code: 'BUSY' } });
    expect(await perform('drainNodes', { cluster, nodes: [at(ids, 3)] })).toMatchObject({
      failure: { code: 'CONCURRENT_DRAIN' },
    });
    expect(await impatient('demoteNodes', { cluster, nodes: [at(ids, 2)], ...meant })).toMatchObject({
      failure: { code: 'BUSY' },
    });
    await steer('proceedMaintenance', id);
    expect(await ended(system.ask, id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await perform('setNodeAvailability', node)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('paused: those in work are carried through, no other is begun; resumed: it goes on', async () => {
    const { id } = await roll({ nodes: [at(ids, 3), at(ids, 4)] });
    await until(async () => (await waiting(id)).length === 1, 'one waits');
    const [first] = await waiting(id);
    expect(await steer('pauseMaintenance', id)).toMatchObject({ state: 'SUCCEEDED' });
    await steer('proceedMaintenance', id);
    await told(id, /^paused by first admin/);
    await until(
      async () => stateOf(await readOperation(system.ask, id), String(first)) === 'SUCCEEDED',
      'done',
    );
    expect(await availabilities()).toEqual(allActive);
    await steer('resumeMaintenance', id);
    await until(async () => (await waiting(id)).length === 1, 'the other waits');
    await steer('proceedMaintenance', id);
    expect(await ended(system.ask, id)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('cancelled: nodes in work get their availability back, the others are left', async () => {
    await perform('setNodeAvailability', { cluster, nodes: [at(ids, 3)], availability: 'PAUSE' });
    const { id } = await roll({ nodes: ids.slice(2), maxUnavailable: 2, ...meant });
    await waits(id, ids.slice(3));
    await steer('cancelOperation', id, { operation: undefined, id });
    const end = await ended(system.ask, id);
    expect(end.state).toBe('CANCELLED');
    expect(end.targets.map(({ state }: any) => state)).toEqual(['SKIPPED', 'SKIPPED', 'SKIPPED']);
    expect(await availabilities()).toEqual(['active', 'active', 'active', 'pause', 'active']);
  });

  it('takes a further one when the one before is seen in drain: until then it holds the lock of drains', async () => {
    const { id } = await roll({ nodes: ids.slice(3), maxUnavailable: 2, ...meant });
    // Two active managers are left for the tasks; LAST_ACTIVE_NODE is below.
    await waits(id, ids.slice(3));
    const { operation } = await system.ask(
      'query($id: ID!) { operation(id: $id) { steps { name target startedAt endedAt } } }',
      { id },
    );
    const drains = operation.steps.filter(({ name }: any) => name === 'drain');
    expect(drains).toHaveLength(2);
    const seen = operation.steps.find(
      ({ name, target }: any) => name === 'observe' && target === drains[0].target,
    );
    expect(Date.parse(drains[1].startedAt)).toBeGreaterThanOrEqual(Date.parse(seen.endedAt));
    await perform('cancelOperation', { id });
    expect(await ended(system.ask, id)).toMatchObject({ state: 'CANCELLED' });
  });

  it('a node that somebody else drained counts: it waits for it', async () => {
    await perform('setNodeAvailability', { cluster, nodes: [at(ids, 4)], availability: 'DRAIN' });
    const { id } = await roll({ nodes: ids.slice(3) });
    await waits(id, [at(ids, 4)]);
    await steer('proceedMaintenance', id);
    await told(id, /of the selection is in maintenance, drained or not Ready, and 1 may be/);
    await perform('setNodeAvailability', { cluster, nodes: [at(ids, 4)], availability: 'ACTIVE' });
    await waits(id, [at(ids, 3)]);
    await steer('proceedMaintenance', id);
    const end = await ended(system.ask, id);
    expect(end).toMatchObject({ state: 'SUCCEEDED', warnings: [{ code: 'ALREADY_UNAVAILABLE' }] });
  });

  it('never takes the last active node, also of two that may be away at once', async () => {
    await perform('setNodeAvailability', { cluster, nodes: ids.slice(0, 3), availability: 'DRAIN' });
    const { id } = await roll({ nodes: ids.slice(3), maxUnavailable: 2 });
    await until(async () => (await waiting(id)).length === 1, 'one waits');
    await told(id, /no Ready node would be ACTIVE/);
    await perform('setNodeAvailability', { cluster, nodes: [at(ids, 0)], availability: 'ACTIVE' });
    await waits(id, ids.slice(3));
    await steer('proceedMaintenance', id);
    expect(await ended(system.ask, id)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('stops at the first failure: the node stays in drain, the others in work are finished, no other begins', async () => {
    const only = { Placement: { Constraints: [`node.id == ${at(ids, 3)}`] } };
    await createService(manager, { name: 'web', command: stubborn, template: only });
    await until(async () => (await runningOn(manager, at(ids, 3))).length === 1, 'it runs there');
    const { id } = await roll({ nodes: ids.slice(2), maxUnavailable: 2, drainDeadlineSeconds: 1, ...meant });
    await waits(id, [at(ids, 4)]);
    await until(
      async () => stateOf(await readOperation(system.ask, id), at(ids, 3)) === 'FAILED',
      'it failed',
    );
    await steer('proceedMaintenance', id);
    const end = await ended(system.ask, id);
    expect(end).toMatchObject({ state: 'FAILED', failure: { code: 'PARTIAL' } });
    expect(
      Object.fromEntries(end.targets.map((one: any) => [one.id, `${one.state} ${one.failure?.code ?? ''}`])),
    ).toEqual({
      [at(ids, 2)]: 'SKIPPED NOT_BEGUN',
      [at(ids, 3)]: 'FAILED DRAIN_DEADLINE',
      [at(ids, 4)]: 'SUCCEEDED ',
    });
    expect(await availabilities()).toEqual(['active', 'active', 'active', 'drain', 'active']);
  });

  it('HOOK: it is called once a node and goes on at 2xx; anything else, and no answer in time, stops it', async () => {
    hook.answer(204);
    const done = await perform('rollMaintenance', {
      cluster,
      nodes: ids.slice(3),
      proceed: 'HOOK',
      hook: 'reboot',
    });
    expect(done).toMatchObject({ state: 'SUCCEEDED' });
    expect(hook.calls.map(({ body }) => body.node.id).sort()).toEqual(ids.slice(3).sort());
    expect(hook.calls[0]).toMatchObject({
      key: `${done.id}:${hook.calls[0]?.body.node.id}`,
      body: { operation: done.id, cluster, node: { role: 'WORKER' }, host: { name: expect.any(String) } },
    });
    for (const [answer, why] of [
      [500, 'hook reboot answered 500'],
      [302, 'hook reboot answered 302'],
      ['never', 'hook reboot gave no answer in 2 seconds'],
      ['hang up', 'hook reboot could not be reached'],
    ] as const) {
      hook.answer(answer);
      const failed = await perform('rollMaintenance', {
        cluster,
        nodes: [at(ids, 3)],
        proceed: 'HOOK',
        hook: 'reboot',
      });
      expect(failed).toMatchObject({ state: 'FAILED', failure: { code: 'HOOK_FAILED' } });
      expect(failed.failure.message).toContain(why);
      expect((await availabilities())[3]).toBe('drain');
      await perform('setNodeAvailability', { cluster, nodes: [at(ids, 3)], availability: 'ACTIVE' });
      const told = JSON.stringify([failed, await readAudit(system.ask, { operation: failed.id })]);
      expect(told).not.toContain('not-for-records');
      expect(told).not.toContain('127.0.0.1');
    }
  });

  it('RESTART: it goes on when the engine was seen to go away and come back, and not before', async () => {
    const { id } = await roll({ nodes: [at(ids, 3)], proceed: 'RESTART' });
    await waits(id, [at(ids, 3)]);
    const { host } = at(system.members, 3);
    await host.stop();
    await told(id, /does not answer/);
    expect((await availabilities())[3]).toBe('drain');
    await host.start();
    const end = await ended(system.ask, id);
    expect(end).toMatchObject({ state: 'SUCCEEDED' });
    expect((await availabilities())[3]).toBe('active');
  });

  it('NOT_BACK at the deadline, with the reason', async () => {
    const { id } = await roll({ nodes: [at(ids, 3)], backDeadlineSeconds: 2 });
    await waits(id, [at(ids, 3)]);
    const { host } = at(system.members, 3);
    await host.stop();
    await steer('proceedMaintenance', id);
    const end = await ended(system.ask, id);
    expect(end).toMatchObject({ state: 'FAILED', failure: { code: 'NOT_BACK' } });
    expect(end.failure.message).toMatch(/does not answer/);
    await host.start();
    await until(
      async () => (await listNodes(manager)).every(({ Status }) => Status.State === 'ready'),
      'it is Ready again',
    );
  });

  it('NONE: drains and activates one after the other', async () => {
    const done = await perform('rollMaintenance', { cluster, selector: { role: 'WORKER' }, proceed: 'NONE' });
    expect(done).toMatchObject({ state: 'SUCCEEDED', targets: [{}, {}] });
    expect(await availabilities()).toEqual(allActive);
  });

  it('goes on after kills of the server: what is paused, let go on and was before is not forgotten', async () => {
    await perform('setNodeAvailability', { cluster, nodes: [at(ids, 3)], availability: 'PAUSE' });
    const { id } = await roll({ nodes: ids.slice(1), maxUnavailable: 2, ...meant });
    const again = async (way: 'kill9' | 'stop' = 'kill9') => {
      await system.server[way]();
      await system.server.start();
      await connected(system.ask);
    };
    await waits(id, ids.slice(3));
    await again();
    await waits(id, ids.slice(3));
    // It has its locks again before anybody else may have them.
    const other = { cluster, nodes: [at(ids, 3)], availability: 'ACTIVE' };
    expect(await impatient('setNodeAvailability', other)).toMatchObject({ failure: { code: 'BUSY' } });
    await steer('pauseMaintenance', id);
    await steer('proceedMaintenance', id, { nodes: [at(ids, 3)] });
    await again('stop');
    await until(
      async () => stateOf(await readOperation(system.ask, id), at(ids, 3)) === 'SUCCEEDED',
      'the first is done',
    );
    await told(id, /^paused by/);
    expect(await availabilities()).toEqual(['active', 'active', 'active', 'pause', 'drain']);
    await steer('proceedMaintenance', id);
    await steer('resumeMaintenance', id);
    for (const next of [1, 2]) {
      await until(async () => (await waiting(id)).length === 1, `manager ${next} waits`);
      await again();
      await until(async () => (await waiting(id)).length === 1, `manager ${next} waits still`);
      await steer('proceedMaintenance', id);
      await until(async () => (await waiting(id)).length === 0, 'it goes on');
    }
    const end = await ended(system.ask, id);
    expect(end).toMatchObject({ state: 'SUCCEEDED', progress: { done: 4, total: 4 } });
    expect(await availabilities()).toEqual(['active', 'active', 'active', 'pause', 'active']);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  }, 120_000);
});
