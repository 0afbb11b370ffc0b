// Two live swarms with one id: recognised, no change is sent to either, and one of them is left by force.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sidesOf } from '../../server/clusters/split.ts';
import { expectRefusal } from '../refusals/expect-refusal.ts';
import { at } from '../support/at.ts';
import { effects } from '../support/commands.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { clusterIs, readCluster } from './steps.ts';

describe('what managers say of their group, compared', () => {
  const view = (hostId: string, nodeId: string, leader: string, managers: string[]) => ({
    hostId,
    nodeId,
    leader,
    managers,
  });

  it('is one side when all say the same', () => {
    expect(sidesOf([view('1', 'a', 'a', ['a', 'b']), view('2', 'b', 'a', ['a', 'b'])])).toHaveLength(1);
  });

  it('is two when they follow different leaders or count different managers', () => {
    const apart = sidesOf([view('1', 'a', 'a', ['a']), view('2', 'b', 'b', ['a', 'b', 'c'])]);
    expect(apart.map(({ hosts }) => hosts)).toEqual([['1'], ['2']]);
    const restored = sidesOf([view('1', 'a', 'a', ['a']), view('2', 'b', 'a', ['a', 'b', 'c'])]);
    expect(restored).toHaveLength(2);
  });

  it('is two when two hosts claim to be one node', () => {
    const twins = sidesOf([view('1', 'a', 'a', ['a']), view('2', 'a', 'a', ['a'])]);
    expect(twins.map(({ hosts }) => hosts)).toEqual([['1'], ['2']]);
  });
});

describe(`a split cluster (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;

  const host = (member: number): string => at(system.members, member).hostId;
  const name = (member: number): string => at(system.members, member).host.hostname;
  const api = (member: number) => engineOf(at(system.members, member).host);

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm({ managers: 3 });
    await clusterIs(system.ask, cluster, 'HEALTHY');
  });
  afterAll(() => system?.stop());

  it('is not taken for one while a manager is merely cut off', { timeout: 120_000 }, async () => {
    await at(system.members, 0).host.cut();
    // The others have elected a leader, and the one that is cut off knows that it leads nobody.
    await until(
      async () => (await api(1).nodes())[name(0)].ManagerStatus?.Reachability === 'unreachable',
      'the others go on',
      60_000,
    );
    await until(
      async () => /does not have a leader/.test((await api(0).get('/info')).Swarm.Error),
      'it has no leader',
      60_000,
    );
    expect((await readCluster(system.ask, cluster)).state).not.toBe('SPLIT');
  });

  it('is told when the one that was cut off is begun anew by hand', { timeout: 120_000 }, async () => {
    const forced = await api(0).post('/swarm/init', { ListenAddr: '0.0.0.0:2377', ForceNewCluster: true });
    expect(forced.status).toBe(200);
    const split = await clusterIs(system.ask, cluster, 'SPLIT');
    for (const member of [0, 1, 2]) expect(split.quorum.advice).toContain(name(member));
    expect(split.quorum.advice).toMatch(/leave by force .*while the two are still cut off/);
  });

  it('is sent no change, by no mutation', { timeout: 120_000 }, async () => {
    const before = effects(system.members).length;
    const split = (mutation: string, input: Record<string, unknown>) =>
      expectRefusal(system, perform, [api(0), api(1)], { mutation, code: 'CLUSTER_SPLIT', input });
    const nodes = [(await api(1).nodes())[name(1)].ID];
    await split('updateNodeLabels', { cluster, nodes, set: [{ key: 'a', value: 'b' }] });
    await split('setNodeAvailability', { cluster, nodes, availability: 'PAUSE' });
    await split('promoteNodes', { cluster, nodes });
    await split('demoteNodes', { cluster, nodes });
    await split('removeNodes', { cluster, nodes });
    await split('rotateJoinToken', { cluster, role: 'WORKER' });
    await split('leaveSwarm', { hosts: [host(1)] });
    await split('recoverCluster', { cluster, host: host(1), confirm: 'test' });
    await split('dissolveCluster', { cluster, confirm: 'test' });
    expect(effects(system.members)).toHaveLength(before);
  });

  it('stays so after a restart of the server', { timeout: 60_000 }, async () => {
    await system.server.kill9();
    await system.server.start();
    expect((await readCluster(system.ask, cluster)).state).toBe('SPLIT');
    await until(async () => {
      const { hosts } = await system.ask('{ hosts { edges { node { status } } } }');
      return hosts.edges.every(({ node }: any) => node.status === 'CONNECTED');
    }, 'the agents are back');
  });

  it('is one again when the hosts of one side have left by force', { timeout: 180_000 }, async () => {
    const both = { mutation: 'leaveSwarm', code: 'LAST_MANAGER' };
    await expectRefusal(system, perform, [], { ...both, input: { hosts: [host(0), host(1)], force: true } });
    // Before they meet: a manager begun anew puts the others out of their raft group.
    expect(await perform('leaveSwarm', { hosts: [host(0)], force: true })).toMatchObject({
      state: 'SUCCEEDED',
    });
    await at(system.members, 0).host.heal();
    const one = await clusterIs(system.ask, cluster, 'AT_RISK');
    expect(one.quorum).toMatchObject({ managers: 3, reachable: 2 });
    const nodes = [(await api(1).nodes())[name(0)].ID];
    await until(
      async () => (await api(1).get(`/nodes/${nodes[0]}`)).Status.State === 'down',
      'its old node is Down',
      60_000,
    );
    const demoted = await perform('demoteNodes', { cluster, nodes, reason: 'it left', waitSeconds: 60 });
    expect(demoted).toMatchObject({ state: 'SUCCEEDED' });
  });
});
