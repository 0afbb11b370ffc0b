// A cluster is dissolved: refused unless it is meant, resumed after a kill of the server, what is left behind is named.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../refusals/expect-refusal.ts';
import { at } from '../support/at.ts';
import { begunTwice, effects } from '../support/commands.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { faultsOfHistory, readExternal } from '../support/history.ts';
import { begin, ended, readOperation } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { clusterIs, readCluster } from './steps.ts';

describe(`dissolveCluster (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;

  const host = (member: number): string => at(system.members, member).hostId;
  const name = (member: number): string => at(system.members, member).host.hostname;
  const api = (member: number) => engineOf(at(system.members, member).host);
  const localState = async (member: number) => (await api(member).get('/info')).Swarm.LocalNodeState;
  const input = { confirm: 'test', override: ['MEMBERS_LEFT_BEHIND'], reason: 'it is no longer needed' };
  const refused = (code: string, over: Record<string, unknown> = {}) =>
    expectRefusal(system, perform, [api(0)], {
      mutation: 'dissolveCluster',
      code,
      input: { cluster, confirm: 'test', ...over },
    });

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 5 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm({ managers: 3 });
    await clusterIs(system.ask, cluster, 'HEALTHY');
  });
  afterAll(() => system?.stop());

  it('is refused without its name and without cluster:force', async () => {
    await refused('NOT_CONFIRMED', { confirm: '' });
    const { payload } = await perform('createApiKey', { name: 'admin', role: 'ADMIN' });
    const admin = createPerform(system.server.url, payload.key);
    expect(await admin.error('dissolveCluster', { cluster, confirm: 'test' })).toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('is refused while a member would not be told, and names it', async () => {
    await at(system.members, 4).agent.stop();
    await until(async () => {
      const { host: seen } = await system.ask('query($id: ID!) { host(id: $id) { status } }', {
        id: host(4),
      });
      return seen.status === 'DISCONNECTED';
    }, 'the agent is gone');
    const guarded = await refused('MEMBERS_LEFT_BEHIND');
    expect(guarded.guards[0].message).toContain(name(4));
    expect(guarded.warnings).toMatchObject([{ code: 'LEFT_BEHIND' }]);
    expect(guarded.targets.map((target: any) => target.name)).not.toContain(name(4));
  });

  it('lets the workers leave first and the managers by force, also when the server is killed meanwhile', {
    timeout: 180_000,
  }, async () => {
    const { id } = await begin(system.ask, 'dissolveCluster', { cluster, ...input });
    await until(
      async () =>
        (await readOperation(system.ask, id)).targets.some(({ state }: any) => state === 'SUCCEEDED'),
      'the first host has left',
    );
    await system.server.kill9();
    await system.server.start();
    const done = await ended(system.ask, id);
    expect(done).toMatchObject({ state: 'SUCCEEDED', failure: null });
    expect(done.observedAt).not.toBeNull();
    expect(done.targets.map((target: any) => target.name)[0]).toBe(name(3));
    for (const member of [0, 1, 2, 3]) expect(await localState(member)).toBe('inactive');
    expect(await localState(4)).toBe('active');
    const leaves = effects(system.members).filter(({ kind }) => kind === 'LeaveSwarm');
    expect(leaves.map(({ args }) => args.force).sort()).toEqual([false, true, true, true]);
    expect(begunTwice(system.members)).toEqual([]);

    const seen = await readCluster(system.ask, cluster);
    expect(seen).toMatchObject({ state: 'DISSOLVED', nodes: { edges: [] } });
    expect(await perform('dissolveCluster', { cluster, ...input })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NOT_FOUND' },
    });
    expect(await readExternal(system.ask)).toEqual([]);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });

  it('leaves what had no agent ORPHANED, to leave by force', { timeout: 60_000 }, async () => {
    await at(system.members, 4).agent.start();
    await until(async () => {
      const { host: seen } = await system.ask(
        'query($id: ID!) { host(id: $id) { status swarm { membership } } }',
        { id: host(4) },
      );
      return seen.status === 'CONNECTED' && seen.swarm.membership === 'ORPHANED';
    }, 'the host that was left behind is ORPHANED');
    expect(await perform('leaveSwarm', { hosts: [host(4)], force: true })).toMatchObject({
      state: 'SUCCEEDED',
    });
    expect(await localState(4)).toBe('inactive');
  });
});
