// A quorum is lost for good: refused while it could come back, then begun anew with one manager.
import type { Client } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../refusals/expect-refusal.ts';
import { at } from '../support/at.ts';
import { effects } from '../support/commands.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { faultsOfHistory, readExternal } from '../support/history.ts';
import { connect, type Subscriber, subscribe } from '../support/live.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { clusterIs, readCluster } from './steps.ts';

describe(`recoverCluster (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let client: Client;
  let heard: Subscriber;
  let tokens: unknown;

  const host = (member: number): string => at(system.members, member).hostId;
  const name = (member: number): string => at(system.members, member).host.hostname;
  const api = (member: number) => engineOf(at(system.members, member).host);
  const input = (member = 0) => ({ cluster, host: host(member), confirm: 'test', waitSeconds: 120 });
  const refused = (code: string, over: Record<string, unknown> = {}) =>
    expectRefusal(system, perform, [], {
      mutation: 'recoverCluster',
      code,
      input: { cluster, host: host(0), confirm: 'test', ...over },
    });

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 4 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm({ managers: 3 });
    await perform('updateNodeLabels', { cluster, nodes: [name(0)], set: [{ key: 'zone', value: 'a' }] });
    tokens = (await api(0).get('/swarm')).JoinTokens;
    client = connect(system.server.socketUrl, system.server.adminKey);
    heard = subscribe(
      client,
      'subscription { clusterChanged { state operation { action } cluster { id } } }',
    );
  });
  afterAll(async () => {
    await client?.dispose();
    await system?.stop();
  });

  it('is refused on a cluster that works, whatever is overridden', async () => {
    await refused('HAS_QUORUM');
    const forced = await perform('recoverCluster', {
      ...input(),
      override: ['MAJORITY_RECOVERABLE'],
      reason: 'I mean it',
    });
    expect(forced).toMatchObject({ state: 'REFUSED', failure: { code: 'HAS_QUORUM' } });
    expect((await api(0).get('/nodes')).filter((node: any) => node.ManagerStatus)).toHaveLength(3);
  });

  it('needs cluster:force, which no role holds', async () => {
    const { payload } = await perform('createApiKey', { name: 'admin', role: 'ADMIN' });
    const admin = createPerform(system.server.url, payload.key);
    expect(await admin.error('recoverCluster', input())).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('is refused while an election may be running', { timeout: 120_000 }, async () => {
    await Promise.all([1, 2].map((member) => at(system.members, member).host.kill9()));
    await clusterIs(system.ask, cluster, 'NO_LEADER');
    await refused('NO_LEADER');
  });

  it('is refused on a worker, on another name, and while a majority can be brought back', {
    timeout: 120_000,
  }, async () => {
    await clusterIs(system.ask, cluster, 'QUORUM_LOST', 120_000);
    await refused('NOT_MANAGER', { host: host(3) });
    await refused('NOT_CONFIRMED', { confirm: 'TEST' });
    const guarded = await refused('MAJORITY_RECOVERABLE');
    expect(guarded.guards).toMatchObject([
      { guard: 'MAJORITY_RECOVERABLE', message: expect.stringContaining(`${name(1)}, ${name(2)}`) },
    ]);
    expect(effects(system.members).filter(({ kind }) => kind === 'RecoverSwarm')).toEqual([]);
  });

  it('begins anew with the chosen manager, the id, the tokens and the labels', {
    timeout: 150_000,
  }, async () => {
    const done = await perform('recoverCluster', {
      ...input(),
      override: ['MAJORITY_RECOVERABLE'],
      reason: 'their disks are gone',
    });
    expect(done).toMatchObject({
      state: 'SUCCEEDED',
      impact: { managersBefore: 3, managersAfter: 1, reachableAfter: 1, toleratesAfter: 0 },
    });
    expect(Date.parse(done.observedAt)).toBeGreaterThan(
      Date.parse(done.steps.find((step: any) => step.name === 'begin anew').endedAt),
    );
    const nodes = await api(0).nodes();
    expect(nodes[name(0)]).toMatchObject({
      Spec: { Labels: { zone: 'a' } },
      ManagerStatus: { Leader: true, Reachability: 'reachable' },
    });
    for (const member of [1, 2]) {
      expect(nodes[name(member)].Spec.Role).toBe('manager');
      expect(nodes[name(member)].ManagerStatus).toBeUndefined();
    }
    expect((await api(0).get('/swarm')).JoinTokens).toEqual(tokens);
    expect(effects(system.members).filter(({ kind }) => kind === 'RecoverSwarm')).toHaveLength(1);

    const seen = await readCluster(system.ask, cluster);
    expect(seen).toMatchObject({ id: cluster, state: 'AT_RISK', watcher: { stale: false } });
    expect(seen.quorum).toMatchObject({ managers: 1, reachable: 1, tolerates: 0 });
    for (const member of [1, 2]) expect(seen.quorum.advice).toContain(name(member));
    const listed = seen.nodes.edges.map(({ node }: any) => node);
    for (const member of [1, 2])
      expect(listed.find(({ hostname }: any) => hostname === name(member))).toMatchObject({
        role: 'MANAGER',
        observedRole: 'WORKER',
        managerStatus: null,
        status: { state: 'UNKNOWN' },
      });
    expect(heard.received.at(-1)).toMatchObject({ state: 'AT_RISK' });
    expect(await readExternal(system.ask)).toEqual([]);
  });

  it('takes the old hosts back by the steps that its advice names', { timeout: 300_000 }, async () => {
    const managers = async () => {
      const { nodes } = await readCluster(system.ask, cluster);
      return nodes.edges.map(({ node }: any) => node).filter(({ role }: any) => role === 'MANAGER');
    };
    for (const member of [1, 2]) {
      const [old] = (await managers()).filter(({ hostname }: any) => hostname === name(member));
      await at(system.members, member).host.start();
      await until(async () => {
        const { quorum } = await readCluster(system.ask, cluster);
        return quorum.advice.includes(`${name(member)}: leaveSwarm by force (host ${host(member)})`);
      }, 'the advice names the next step of the one that is back');
      expect(
        await perform('leaveSwarm', { hosts: [host(member)], force: true, waitSeconds: 120 }),
      ).toMatchObject({
        state: 'SUCCEEDED',
        failure: null,
      });
      expect((await api(member).get('/info')).Swarm.LocalNodeState).toBe('inactive');
      expect((await readCluster(system.ask, cluster)).quorum.advice).toContain(
        `${name(member)} has left: removeNodes (node ${old.id})`,
      );
      expect(await perform('removeNodes', { cluster, nodes: [old.id], waitSeconds: 120 })).toMatchObject({
        state: 'SUCCEEDED',
      });
      const joined = await perform('joinHosts', {
        cluster,
        hosts: [{ host: host(member) }],
        role: 'MANAGER',
        waitSeconds: 120,
      });
      expect(joined).toMatchObject({ state: 'SUCCEEDED', impact: { managersAfter: member + 1 } });
    }
    const healthy = await clusterIs(system.ask, cluster, 'HEALTHY');
    expect(healthy.quorum).toMatchObject({ managers: 3, reachable: 3, tolerates: 1, advice: null });
    expect(await readExternal(system.ask)).toEqual([]);
    expect(effects(system.members).filter(({ kind }) => kind === 'RecoverSwarm')).toHaveLength(1);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });
});
