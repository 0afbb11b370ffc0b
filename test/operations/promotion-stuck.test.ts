// An engine that knows one way into the raft group, where no manager is any more: what is said, and that it helps.
// Real engines of 20.10 do so at times (restart/many-clients.test.ts meets it); here one does so each time.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { listNodes } from '../support/docker.ts';
import { begin, ended } from '../support/operations.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('a promotion without the manager that its host joined by, on SIMULATED engines', () => {
  let system: System;
  let cluster: string;
  const hostname = (index: number): string => at(system.members, index).host.hostname;
  const act = async (mutation: string, index: number): Promise<Record<string, any>> => {
    const { id } = await begin(system.ask, mutation, {
      cluster,
      nodes: [hostname(index)],
      override: ['NO_FAULT_TOLERANCE'],
      reason: 'the join address',
    });
    return ended(system.ask, id);
  };

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '20.10', speed: 4 }, hosts: 3 });
    cluster = await system.formSwarm({ managers: 3 });
  });
  afterAll(() => system?.stop());

  it('ends as PROMOTION_STUCK, which names the way out, and the way out leads out', {
    timeout: 120_000,
  }, async () => {
    const { address } = at(system.members, 0).host;
    at(system.machines.world?.engines() ?? [], 1).knowOneWayIn(address);
    for (const index of [0, 1]) expect(await act('demoteNodes', index)).toMatchObject({ state: 'SUCCEEDED' });
    const stuck = await act('promoteNodes', 1);
    expect(stuck).toMatchObject({ state: 'FAILED', failure: { code: 'PROMOTION_STUCK' } });
    expect(stuck.failure.message).toContain(`${hostname(1)} joined the swarm through ${address}:2377`);
    expect(stuck.failure.hint).toContain(`promote the node at ${address}:2377`);
    // Asked again, while its engine does not even tell its node id.
    expect(await act('promoteNodes', 1)).toMatchObject({ failure: { code: 'PROMOTION_STUCK' } });
    expect(await act('promoteNodes', 0)).toMatchObject({ state: 'SUCCEEDED' });
    await until(
      async () => {
        const nodes = await listNodes(at(system.members, 2).host);
        return nodes.every(({ ManagerStatus }) => ManagerStatus?.Reachability === 'reachable');
      },
      'the engine that was stuck has found its way',
      30_000,
    );
    expect(await act('promoteNodes', 1)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('waits until a demotion has settled before it promotes again', { timeout: 60_000 }, async () => {
    expect(await act('demoteNodes', 1)).toMatchObject({ state: 'SUCCEEDED' });
    const done = await act('promoteNodes', 1);
    expect(done).toMatchObject({ state: 'SUCCEEDED' });
    expect(done.steps.map(({ name }: { name: string }) => name)).toEqual([
      'await the last demotion settled',
      'update',
      'observe',
      'await control',
    ]);
  });
});
