// Joining, leaving and removing beyond the seed: members already, addresses behind NAT, managers, labels before tasks,
// some hosts failing, force.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineApi, engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { ended } from '../support/operations.ts';
import { createPerform, type Perform, type Performed } from '../support/perform.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

describe(`membership (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let api: EngineApi;
  let first: Member;
  let second: Member;
  let third: Member;
  let fourth: Member;

  const name = ({ host }: Member): string => host.hostname;
  const swarmOf = async ({ host }: Member) => (await engineOf(host).get('/info')).Swarm;
  const stepsOf = ({ steps }: Performed, target: string): string[] =>
    steps
      .filter((step: { target: string | null }) => step.target === target)
      .map((step: { name: string; state: string }) => `${step.name}: ${step.state}`);

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 4 });
    perform = createPerform(system.server.url, system.server.adminKey);
    const [a, b, c, d] = system.members;
    if (!a || !b || !c || !d) throw new Error('four hosts are needed');
    [first, second, third, fourth] = [a, b, c, d];
    api = engineOf(first.host);
  });
  afterAll(() => system?.stop());

  it('init takes what docker swarm init takes', async () => {
    const done = await perform('initCluster', {
      host: first.hostId,
      name: 'test',
      advertiseAddr: `${first.host.address}:2377`,
      dataPathPort: 7789,
      defaultAddrPool: ['10.20.0.0/16'],
      subnetSize: 26,
    });
    expect(done).toMatchObject({ state: 'SUCCEEDED', warnings: [{ code: 'SINGLE_MANAGER' }] });
    cluster = done.clusterId.id;
    expect(await api.get('/swarm')).toMatchObject({
      ID: cluster,
      DataPathPort: 7789,
      DefaultAddrPool: ['10.20.0.0/16'],
      SubnetSize: 26,
    });
  });

  it('what the engine does not take fails with its words, and a host that fails does not stop the others', async () => {
    const done = await perform('joinHosts', {
      cluster,
      hosts: [{ host: second.hostId }, { host: third.hostId, listenAddr: 'nonsense' }],
      reason: 'one of them is wrong',
    });
    expect(done).toMatchObject({ state: 'FAILED', failure: { code: 'PARTIAL' } });
    expect(done.targets).toMatchObject([
      { id: second.hostId, state: 'SUCCEEDED', failure: null },
      { id: third.hostId, state: 'FAILED', failure: { code: 'INVALID_ARGUMENT' } },
    ]);
    expect(done.targets[1].failure.message).toContain('listen address must be an IP address');
    expect((await swarmOf(third)).LocalNodeState).toBe('inactive');
    expect(Object.keys(await api.nodes()).sort()).toEqual([name(first), name(second)]);
    const [, outcome] = await readHistory(system.ask, { operation: done.id });
    expect(outcome).toMatchObject({ outcome: 'FAILED', failure: { code: 'PARTIAL' } });
  });

  it('an address that the host does not have is taken when it is meant, with a reason', async () => {
    const join = { cluster, hosts: [{ host: third.hostId, advertiseAddr: '203.0.113.5' }] };
    const refused = await perform('joinHosts', join);
    expect(refused).toMatchObject({ state: 'REFUSED', guards: [{ guard: 'ADDRESS_NOT_LOCAL' }] });
    const done = await perform('joinHosts', {
      ...join,
      override: ['ADDRESS_NOT_LOCAL'],
      reason: 'behind NAT',
    });
    expect(done).toMatchObject({
      state: 'SUCCEEDED',
      guards: [{ guard: 'ADDRESS_NOT_LOCAL' }],
      overrides: ['ADDRESS_NOT_LOCAL'],
    });
    expect((await swarmOf(third)).NodeAddr).toBe('203.0.113.5');
    expect((await api.nodes())[name(third)].Status.State).toBe('ready');
  });

  it('a member that is asked to join is a warning, not a failure, and nothing happens to it', async () => {
    const before = (await api.nodes())[name(second)];
    const done = await perform('joinHosts', {
      cluster,
      hosts: [{ host: second.hostId }, { host: third.hostId }],
    });
    expect(done).toMatchObject({ state: 'SUCCEEDED', failure: null });
    expect(done.warnings.map(({ code, target }: any) => [code, target])).toEqual([
      ['ALREADY_MEMBER', second.hostId],
      ['ALREADY_MEMBER', third.hostId],
    ]);
    expect(done.steps).toEqual([]);
    expect((await api.nodes())[name(second)]).toMatchObject({ ID: before.ID, Spec: before.Spec });
  });

  it('a host that leaves by force of a removal is in no swarm and its node is gone', async () => {
    const { ID } = (await api.nodes())[name(third)];
    const done = await perform('removeNodes', { nodes: [name(third)], force: true });
    expect(done).toMatchObject({ state: 'SUCCEEDED', targets: [{ id: ID, state: 'SUCCEEDED' }] });
    expect(stepsOf(done, third.hostId)).toEqual(['leave: SUCCEEDED']);
    expect(stepsOf(done, ID)).toEqual(['remove: SUCCEEDED', 'observe: SUCCEEDED']);
    expect((await swarmOf(third)).LocalNodeState).toBe('inactive');
    expect(await api.nodes()).not.toHaveProperty(name(third));
  });

  it('managers join one by one, with their labels and availability set before a task can land', async () => {
    const done = await perform('joinHosts', {
      cluster,
      hosts: [third, fourth].map(({ hostId }) => ({
        host: hostId,
        labels: [{ key: 'zone', value: 'a' }, { key: 'zone', value: 'b' }, { key: 'ssd' }],
      })),
      role: 'MANAGER',
      availability: 'PAUSE',
    });
    expect(done).toMatchObject({ state: 'SUCCEEDED' });
    expect(done.impact).toMatchObject({ managersBefore: 1, managersAfter: 3, toleratesAfter: 1 });
    const nodes = await api.nodes();
    for (const member of [third, fourth])
      expect(nodes[name(member)]).toMatchObject({
        Spec: { Role: 'manager', Availability: 'pause', Labels: { zone: 'b', ssd: '' } },
        ManagerStatus: { Reachability: 'reachable' },
      });
    const joins = done.steps.filter(({ name: step }: { name: string }) => step === 'join');
    expect(joins).toHaveLength(2);
    expect(new Date(joins[1].startedAt).getTime()).toBeGreaterThanOrEqual(
      new Date(joins[0].endedAt).getTime(),
    );
  });

  it('a manager that leaves is demoted first, needs an override here, and is Down in the end', async () => {
    const { ID } = (await api.nodes())[name(fourth)];
    const input = { hosts: [fourth.hostId], waitSeconds: 120 };
    const refused = await perform('leaveSwarm', input);
    expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'NO_FAULT_TOLERANCE' } });
    const done = await perform('leaveSwarm', {
      ...input,
      override: ['NO_FAULT_TOLERANCE'],
      reason: 'it is sold',
    });
    expect(done).toMatchObject({ state: 'SUCCEEDED' });
    expect(stepsOf(done, ID)).toEqual([
      'move the watcher: SUCCEEDED',
      'update: SUCCEEDED',
      'observe: SUCCEEDED',
      'await down: SUCCEEDED',
    ]);
    expect(stepsOf(done, fourth.hostId)).toEqual(['await control given up: SUCCEEDED', 'leave: SUCCEEDED']);
    expect((await swarmOf(fourth)).LocalNodeState).toBe('inactive');
    const node = (await api.nodes())[name(fourth)];
    expect(node).toMatchObject({ ID, Spec: { Role: 'worker' }, Status: { State: 'down' } });
    expect(node.ManagerStatus).toBeUndefined();
  });

  it('a host in no swarm that is asked to leave is a warning', async () => {
    const done = await perform('leaveSwarm', { hosts: [fourth.hostId] });
    expect(done).toMatchObject({
      state: 'SUCCEEDED',
      warnings: [{ code: 'NOT_IN_SWARM', target: fourth.hostId }],
      steps: [],
    });
  });

  it('a leave that waited while others let the host leave and join is refused: it was asked of the node before', async () => {
    const { ID: old } = (await api.nodes())[name(second)];
    const leave = { hosts: [second.hostId], reason: 'leaves first' };
    await second.host.pause();
    const open = await perform('leaveSwarm', { ...leave, waitSeconds: 0 });
    const late = perform('leaveSwarm', { ...leave, reason: 'waits', waitSeconds: 110 });
    const isOnRecord = (action: string, why: string) =>
      until(
        async () => (await readHistory(system.ask, { action })).some(({ reason }) => reason === why),
        `${action} is on record`,
      );
    await isOnRecord('leaveSwarm', 'waits');
    const hosts = [{ host: second.hostId }];
    const join = perform('joinHosts', { cluster, hosts, reason: 'comes back', waitSeconds: 110 });
    await isOnRecord('joinHosts', 'comes back');
    await second.host.resume();
    expect(await join).toMatchObject({ state: 'SUCCEEDED' });
    const { NodeID } = await swarmOf(second);
    const refused = await late;
    expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'NOT_IN_SWARM' }, steps: [] });
    expect(refused.failure.message).toContain(`node ${NodeID}`);
    expect(refused.failure.message).toContain(`node ${old}`);
    expect(await ended(system.ask, open.id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await perform('removeNodes', { cluster, nodes: [old] })).toMatchObject({ state: 'SUCCEEDED' });
  }, 120_000);

  it('nodes of two clusters are bad input, and nothing is on record', async () => {
    const other = await perform('initCluster', { host: fourth.hostId, name: 'other' });
    const { ID } = Object.values(await engineOf(fourth.host).nodes())[0];
    const mine = (await api.nodes())[name(second)].ID;
    const before = await readHistory(system.ask);
    expect(other.state).toBe('SUCCEEDED');
    for (const [mutation, input] of [
      ['updateNodeLabels', { nodes: [mine, ID], set: [{ key: 'k' }] }],
      ['removeNodes', { nodes: [mine, ID] }],
      ['leaveSwarm', { hosts: [second.hostId, fourth.hostId] }],
    ] as const)
      expect((await perform.error(mutation, input)).code).toBe('BAD_USER_INPUT');
    expect(await readHistory(system.ask)).toEqual(before);
  });

  it('what Skep did is nobody else’s: the audit has nothing EXTERNAL', async () => {
    const seen = await readHistory(system.ask, { phase: ['OBSERVED'] });
    expect(seen.filter(({ actor }) => actor.kind === 'EXTERNAL')).toEqual([]);
  });
});
