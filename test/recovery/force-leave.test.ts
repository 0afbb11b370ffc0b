// Leaving by force: refused where the cluster works, and the only way out for a manager that its cluster forgot.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../refusals/expect-refusal.ts';
import { at } from '../support/at.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { clusterIs } from './steps.ts';

describe(`leaving by force (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;

  const host = (member: number): string => at(system.members, member).hostId;
  const name = (member: number): string => at(system.members, member).host.hostname;
  const api = (member: number) => engineOf(at(system.members, member).host);
  const refused = (code: string, input: Record<string, unknown>) =>
    expectRefusal(system, perform, [api(0)], { mutation: 'leaveSwarm', code, input });
  const membershipOf = async (member: number): Promise<Record<string, any>> => {
    const { host: seen } = await system.ask(
      'query($id: ID!) { host(id: $id) { swarm { localState membership } } }',
      { id: host(member) },
    );
    return seen.swarm ?? {};
  };

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm({ managers: 3 });
    await clusterIs(system.ask, cluster, 'HEALTHY');
  });
  afterAll(() => system?.stop());

  it('needs cluster:force as well', async () => {
    const { payload } = await perform('createApiKey', { name: 'admin', role: 'ADMIN' });
    const admin = createPerform(system.server.url, payload.key);
    expect(await admin('leaveSwarm', { hosts: [host(2)], force: true })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'FORBIDDEN' },
    });
  });

  it('is refused for a member of a cluster that works', async () => {
    await refused('FORCE_NEEDLESS', { hosts: [host(2)], force: true });
  });

  it('frees a manager that was demoted and removed while it was dead', { timeout: 180_000 }, async () => {
    const id = (await api(0).nodes())[name(2)].ID;
    await at(system.members, 2).host.kill9();
    await until(
      async () => (await api(0).get(`/nodes/${id}`)).Status.State === 'down',
      'the dead manager is Down',
      60_000,
    );
    const input = { cluster, nodes: [id], reason: 'it is dead', override: ['NO_FAULT_TOLERANCE'] };
    expect(await perform('demoteNodes', input)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await perform('removeNodes', { cluster, nodes: [id] })).toMatchObject({ state: 'SUCCEEDED' });
    await at(system.members, 2).host.start();
    await until(
      async () => (await membershipOf(2)).membership === 'ORPHANED',
      'the host is ORPHANED',
      60_000,
    );
    const gentle = await perform('leaveSwarm', { hosts: [host(2)], waitSeconds: 60 });
    expect(gentle.state).toBe('FAILED');
    expect(await perform('leaveSwarm', { hosts: [host(2)], force: true })).toMatchObject({
      state: 'SUCCEEDED',
    });
    expect((await api(2).get('/info')).Swarm.LocalNodeState).toBe('inactive');
  });

  it('leaves one manager that knows the state when the quorum is lost', { timeout: 180_000 }, async () => {
    await at(system.members, 1).host.kill9();
    await clusterIs(system.ask, cluster, 'NO_LEADER', 120_000);
    await refused('NO_LEADER', { hosts: [host(0)], force: true });
    await clusterIs(system.ask, cluster, 'QUORUM_LOST', 120_000);
    await refused('LAST_MANAGER', { hosts: [host(0)], force: true });
    await at(system.members, 1).host.start();
    await clusterIs(system.ask, cluster, 'AT_RISK', 120_000);
  });
});
