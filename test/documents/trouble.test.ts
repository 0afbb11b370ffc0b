// What the documents do with a cluster that is worked on, and with one that lost its quorum. On simulated engines.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterIs } from '../recovery/steps.ts';
import { at } from '../support/at.ts';
import { engineOf } from '../support/engine-api.ts';
import { ended } from '../support/operations.ts';
import { createPerform } from '../support/perform.ts';
import { snippet } from '../support/snippets.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('maintenance and recovery as documented, on SIMULATED engines', () => {
  let system: System;
  let cluster: string;

  const name = (member: number): string => at(system.members, member).host.hostname;
  const availability = async (member: number): Promise<string> =>
    (await engineOf(at(system.members, 0).host).nodes())[name(member)].Spec.Availability;

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 }, hosts: 4 });
    cluster = await system.formSwarm({ managers: 3 });
  });
  afterAll(() => system?.stop());

  it('docs/maintenance.md: a worker, then a manager, each when somebody says so', async () => {
    const perform = createPerform(system.server.url, system.server.adminKey);
    const zone = { cluster, nodes: [name(2), name(3)], set: [{ key: 'zone', value: 'a' }] };
    expect(await perform('updateNodeLabels', zone)).toMatchObject({ state: 'SUCCEEDED' });

    const roll = snippet('docs/maintenance.md', 'Roll');
    const override = 'override: [NO_FAULT_TOLERANCE]';
    expect(roll).toContain(override);
    const without = await system.ask(roll.replace(override, ''), { cluster });
    expect(await ended(system.ask, without.rollMaintenance.id)).toMatchObject({
      state: 'REFUSED',
      guards: [{ guard: 'NO_FAULT_TOLERANCE' }],
    });
    const { rollMaintenance } = await system.ask(roll, { cluster });
    expect(rollMaintenance).toMatchObject({ failure: null, guards: [] });
    const { id } = rollMaintenance;
    const progress = async () =>
      (await system.ask(snippet('docs/maintenance.md', 'Progress'), { id })).operation;
    // Two may be in work: the manager need not wait for the worker.
    const ids = await engineOf(at(system.members, 0).host).nodes();
    for (const member of [3, 2]) {
      await until(
        async () => {
          const { nodes } = (await progress()).maintenance;
          const seen = nodes.find((node: any) => node.id === ids[name(member)].ID);
          return seen?.phase === 'GO_AHEAD' && seen.wentOn === null;
        },
        `${name(member)} waits for a go-ahead`,
      );
      expect(await availability(member)).toBe('drain');
      const proceed = snippet('docs/maintenance.md', 'Proceed');
      const { proceedMaintenance } = await system.ask(proceed, { id, node: name(member) });
      expect(proceedMaintenance).toEqual({ state: 'SUCCEEDED', failure: null });
      await until(async () => (await availability(member)) === 'active', `${name(member)} is back`);
    }
    expect(await ended(system.ask, id)).toMatchObject({ state: 'SUCCEEDED', failure: null });
    // Workers first, then managers.
    const drains = (await progress()).steps.filter((step: any) => step.name === 'drain');
    expect(drains.map(({ target }: any) => target)).toEqual([ids[name(3)].ID, ids[name(2)].ID]);
  });

  it('docs/operating.md: one manager goes on alone, when a majority is gone for good', {
    timeout: 150_000,
  }, async () => {
    const recover = async () => {
      const variables = { cluster, host: at(system.members, 0).hostId, name: 'test' };
      return (await system.ask(snippet('docs/operating.md', 'Recover'), variables)).recoverCluster;
    };
    // While the cluster works.
    expect(await recover()).toMatchObject({ state: 'REFUSED', failure: { code: 'HAS_QUORUM' } });
    const lost = [at(system.members, 1), at(system.members, 2)];
    await Promise.all(lost.map(({ host }) => host.powerOff()));
    await clusterIs(system.ask, cluster, 'QUORUM_LOST', 120_000);
    // Two agents say that their engines have but to be started.
    expect(await recover()).toMatchObject({
      state: 'REFUSED',
      guards: [{ guard: 'MAJORITY_RECOVERABLE' }],
      failure: { code: 'MAJORITY_RECOVERABLE' },
    });
    // The machines themselves are gone.
    await Promise.all(lost.map(({ agent }) => agent.kill9()));
    await until(async () => {
      const { hosts } = await system.ask('{ hosts { edges { node { id status } } } }');
      const away = hosts.edges.filter(({ node }: any) => node.status !== 'CONNECTED');
      return away.length === lost.length;
    }, 'their agents are away');
    expect(await recover()).toMatchObject({ state: 'SUCCEEDED', guards: [], failure: null });
    const seen = await clusterIs(system.ask, cluster, 'AT_RISK');
    expect(seen).toMatchObject({ id: cluster, quorum: { managers: 1, reachable: 1 } });
    for (const { host } of lost) expect(seen.quorum.advice).toContain(host.hostname);
  });
});
