// What would cost the cluster its managers, on four real ones, one of them killed; then without a leader.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineApi, engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { expectRefusal } from './expect-refusal.ts';

describe(`quorum (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let leader: EngineApi;
  let apis: EngineApi[];
  let first: Member;
  let second: Member;
  let third: Member;
  let dead: Member;

  const names = (...members: Member[]): string[] => members.map(({ host }) => host.hostname);
  const refused = (mutation: string, code: string, input: Record<string, unknown>) =>
    expectRefusal(system, perform, apis, { mutation, code, input });
  const demote = (code: string, ...members: Member[]) =>
    refused('demoteNodes', code, { nodes: names(...members) });
  const leave = (code: string, ...members: Member[]) =>
    refused('leaveSwarm', code, { hosts: members.map(({ hostId }) => hostId) });
  const trips = ({ guards }: Record<string, any>) => guards.map(({ guard }: { guard: string }) => guard);

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 4 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm({ managers: 4 });
    const [a, b, c, d] = system.members;
    if (!a || !b || !c || !d) throw new Error('four hosts are needed');
    [first, second, third, dead] = [a, b, c, d];
    leader = engineOf(first.host);
    apis = [first, second, third].map(({ host }) => engineOf(host));
  });
  afterAll(() => system?.stop());

  it('a demotion or a leave that takes the tolerance away is refused unless overridden', async () => {
    const demotion = await demote('NO_FAULT_TOLERANCE', second, third);
    expect(trips(demotion)).toEqual(['NO_FAULT_TOLERANCE']);
    expect(demotion.impact).toMatchObject({ toleratesBefore: 1, toleratesAfter: 0 });
    expect(trips(await leave('NO_FAULT_TOLERANCE', second, third))).toEqual(['NO_FAULT_TOLERANCE']);
  });

  it('no manager may be demoted or leave when none would be left', async () => {
    await demote('LAST_MANAGER', first, second, third, dead);
    await leave('LAST_MANAGER', first, second, third, dead);
  });

  it('no reachable manager goes while another is dead', async () => {
    await dead.host.kill9();
    await until(async () => {
      const nodes = await leader.nodes();
      const { nodes: seen } = await system.ask(
        '{ nodes(filter: { reachability: [UNREACHABLE] }) { totalCount } }',
      );
      return nodes[dead.host.hostname].ManagerStatus.Reachability === 'unreachable' && seen.totalCount === 1;
    }, 'the managers have noticed');
    const demotion = await demote('UNREACHABLE_MANAGER', second);
    expect(trips(demotion)).toEqual(['UNREACHABLE_MANAGER']);
    expect(demotion.failure.message).toContain(dead.host.hostname);
    await leave('UNREACHABLE_MANAGER', second);
  });

  it('no override loses the quorum', async () => {
    const input = {
      nodes: names(second, third),
      override: ['UNREACHABLE_MANAGER', 'NO_FAULT_TOLERANCE'],
      reason: 'I mean it',
    };
    const done = await perform('demoteNodes', input);
    expect(done).toMatchObject({ state: 'REFUSED', failure: { code: 'WOULD_LOSE_QUORUM' } });
    await demote('WOULD_LOSE_QUORUM', second, third);
    await leave('WOULD_LOSE_QUORUM', second, third);
  });

  it('the dead manager is not removed before it is demoted, and its demotion trips nothing', async () => {
    await refused('removeNodes', 'NODE_IS_MANAGER', { nodes: names(dead), force: true });
    const done = await perform('demoteNodes', { nodes: names(dead), reason: 'it is dead' });
    expect(done).toMatchObject({ state: 'SUCCEEDED', guards: [] });
    expect(done.impact).toMatchObject({ managersAfter: 3, reachableAfter: 3, toleratesAfter: 1 });
    const nodes = await leader.nodes();
    expect(nodes[dead.host.hostname].ManagerStatus).toBeUndefined();
    expect(Object.values(nodes).filter(({ ManagerStatus }) => ManagerStatus)).toHaveLength(3);
  });

  it('without a leader every change is refused with NO_LEADER, and the cluster says so', async () => {
    await Promise.all([second, third].map(({ host }) => host.kill9()));
    const state = await until(
      async () => {
        const answer = await system.ask('query($id: ID!) { cluster(id: $id) { state watcher { stale } } }', {
          id: cluster,
        });
        return answer.cluster.state === 'NO_LEADER' && answer.cluster;
      },
      'the cluster has no leader',
      90_000,
    );
    expect(state.watcher.stale).toBe(true);
    for (const [mutation, input] of [
      ['updateNodeLabels', { nodes: names(first), set: [{ key: 'a' }] }],
      ['promoteNodes', { nodes: names(dead) }],
      ['rotateJoinToken', { cluster, role: 'WORKER' }],
    ] as const) {
      const done = await refused(mutation, 'NO_LEADER', input);
      expect(done.failure.retryable).toBe(true);
    }
  }, 150_000);
});
