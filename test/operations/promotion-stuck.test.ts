// An engine that knows one way into the raft group, where no manager is any more: what is said, and that it helps.
// Real engines of 20.10 do so (moby 47854, mended in 25.0.6, 26.1.4 and 27.0); a simulated one does when it is told to.
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
  const act = async (
    mutation: string,
    index: number,
    ...override: string[]
  ): Promise<Record<string, any>> => {
    const { id } = await begin(system.ask, mutation, {
      cluster,
      nodes: [hostname(index)],
      override: ['NO_FAULT_TOLERANCE', ...override],
      reason: 'the join address',
    });
    return ended(system.ask, id);
  };

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '20.10', speed: 4 }, hosts: 3 });
    cluster = await system.formSwarm({ managers: 3 });
  });
  afterAll(() => system?.stop());

  it('is refused before the node is Down, and a demotion warns of it', { timeout: 120_000 }, async () => {
    const { address } = at(system.members, 0).host;
    at(system.machines.world?.engines() ?? [], 1).knowOneWayIn(address);
    const first = await act('demoteNodes', 0);
    expect(first).toMatchObject({ state: 'SUCCEEDED' });
    const warned = first.warnings.find(({ code }: { code: string }) => code === 'OTHERS_JOINED_BY_IT');
    expect(warned.message).toContain(
      `${hostname(1)}, ${hostname(2)} joined the swarm through ${hostname(0)}`,
    );
    expect(await act('demoteNodes', 1)).toMatchObject({ state: 'SUCCEEDED' });
    const refused = await act('promoteNodes', 1);
    expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'JOIN_ADDRESS_GONE' } });
    expect(refused.failure.message).toContain(`${hostname(1)} joined the swarm through ${address}:2377`);
    const nodes = await listNodes(at(system.members, 2).host);
    expect(nodes.map(({ Status }) => Status.State)).toEqual(['ready', 'ready', 'ready']);
  });

  it('is promoted after the one that it waits for, when both are asked for at once', async () => {
    const dry = await begin(system.ask, 'promoteNodes', {
      cluster,
      nodes: [hostname(1), hostname(0)],
      dryRun: true,
    });
    expect(dry).toMatchObject({ state: 'SUCCEEDED', guards: [] });
  });

  it('overridden, ends as PROMOTION_STUCK, which names the way out, and the way out leads out', {
    timeout: 120_000,
  }, async () => {
    const { address } = at(system.members, 0).host;
    const stuck = await act('promoteNodes', 1, 'JOIN_ADDRESS_GONE');
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
    expect(done.steps[0].detail).toMatch(
      /^it became a worker \d+ seconds ago; promoted before 15 have passed/,
    );
    expect(done.steps[2].detail).toMatch(/^3 of 3 managers are reachable, .+ leads$/);
  });
});
