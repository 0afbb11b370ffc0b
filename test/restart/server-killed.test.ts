// The server is killed (SIGKILL) in the middle of operations and started again: each ends, truthfully, exactly once.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { begunTwice, effects } from '../support/commands.ts';
import { callDocker, listNodes } from '../support/docker.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { faultsOfHistory, readExternal } from '../support/history.ts';
import { begin, connected, ended } from '../support/operations.ts';
import { createRandom } from '../support/random.ts';
import { type System, startSystem } from '../support/system.ts';

const random = createRandom();
console.log(`SKEP_TEST_SEED=${random.seed}`);

describe(`a server that is killed, on ${enginesNote}`, () => {
  let system: System;
  let cluster: string;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    cluster = await system.formSwarm({ managers: 1 });
  });
  afterAll(() => system?.stop());

  const nodes = () => listNodes(at(system.members, 0).host);
  const idOf = async (member: number): Promise<string> =>
    (await nodes()).find(
      ({ Description, Status }) =>
        Description.Hostname === at(system.members, member).host.hostname && Status.State === 'ready',
    )?.ID ?? '';

  /** Begins, kills after the time, starts, and waits for the end. */
  const interrupt = async (
    mutation: string,
    input: Record<string, unknown>,
    afterMs: number,
  ): Promise<Record<string, any>> => {
    const { id } = await begin(system.ask, mutation, {
      override: mutation === 'updateNodeLabels' ? [] : ['NO_FAULT_TOLERANCE', 'LAST_ACTIVE_NODE'],
      reason: 'test',
      ...input,
    });
    // The point in time is what is varied: it waits for nothing.
    await delay(afterMs);
    await system.server.kill9();
    await system.server.start();
    const operation = await ended(system.ask, id);
    await connected(system.ask);
    return { afterMs, ...operation };
  };

  it('ends each label change and sets each label once, whenever the kill comes', {
    timeout: 180_000,
  }, async () => {
    const ids = (await nodes()).map(({ ID }) => ID);
    for (const round of Array(6).keys()) {
      const value = `round ${round}`;
      const operation = await interrupt(
        'updateNodeLabels',
        { cluster, nodes: ids, set: [{ key: 'round', value }] },
        random.below(80),
      );
      expect(operation).toMatchObject({ state: 'SUCCEEDED' });
      expect((await nodes()).map(({ Spec }) => Spec.Labels?.round)).toEqual([value, value, value]);
      const writes = effects(system.members).filter(
        ({ args, result }) => args?.setLabels?.[0]?.value === value && result?.changed === true,
      );
      expect(writes.map(({ args }) => args.node).sort()).toEqual([...ids].sort());
    }
  });

  it('ends promotions, demotions and the slow promotion after one', { timeout: 300_000 }, async () => {
    const ids = [await idOf(1), await idOf(2)];
    for (const [mutation, role, withinMs] of [
      ['promoteNodes', 'manager', 2_000],
      ['demoteNodes', 'worker', 3_000],
      ['promoteNodes', 'manager', 15_000],
      ['demoteNodes', 'worker', 3_000],
    ] as const) {
      const operation = await interrupt(mutation, { cluster, nodes: ids }, random.below(withinMs));
      expect(operation).toMatchObject({ state: 'SUCCEEDED' });
      const now = (await nodes()).filter(({ ID }) => ids.includes(ID));
      expect(now.map(({ Spec }) => Spec.Role)).toEqual([role, role]);
      expect(now.map(({ ManagerStatus }) => ManagerStatus?.Reachability ?? null)).toEqual(
        role === 'manager' ? ['reachable', 'reachable'] : [null, null],
      );
    }
  });

  it('ends a leave and a join', { timeout: 200_000 }, async () => {
    const { hostId, host } = at(system.members, 2);
    for (const withinMs of [800, 14_000]) {
      const left = await interrupt('leaveSwarm', { hosts: [hostId] }, random.below(withinMs));
      expect(left).toMatchObject({ state: 'SUCCEEDED' });
      const info = await callDocker<{ Swarm: { LocalNodeState: string } }>(host, 'GET', '/info');
      expect(info.Swarm.LocalNodeState).toBe('inactive');
      const joined = await interrupt(
        'joinHosts',
        { cluster, hosts: [{ host: hostId, labels: [{ key: 'joined', value: 'yes' }] }] },
        random.below(1_500),
      );
      expect(joined).toMatchObject({ state: 'SUCCEEDED' });
      const node = (await nodes()).find(({ ID }) => ID === joined.targets[0].id) ?? null;
      expect(node).toBeNull();
      const now = (await nodes()).find(
        ({ Spec }) => Spec.Labels?.joined === 'yes' && Spec.Availability === 'active',
      );
      expect(now).toMatchObject({ Description: { Hostname: host.hostname }, Status: { State: 'ready' } });
      await begin(system.ask, 'updateNodeLabels', {
        cluster,
        nodes: [now?.ID],
        remove: ['joined'],
        waitSeconds: 60,
      });
    }
  });

  it('leaves a history without a fault: no command begun twice, nothing EXTERNAL, one outcome each', async () => {
    expect(begunTwice(system.members)).toEqual([]);
    expect(await readExternal(system.ask)).toEqual([]);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });
});
