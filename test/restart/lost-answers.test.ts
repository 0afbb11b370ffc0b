// An engine takes a call and its answer is lost, or the agent dies before it hears: what is said is what was observed.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../lab/simulated/faults.ts';
import { at } from '../support/at.ts';
import { begunTwice, effects } from '../support/commands.ts';
import { listNodes } from '../support/docker.ts';
import { faultsOfHistory, readExternal } from '../support/history.ts';
import { begin, connected, ended, readOperation } from '../support/operations.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('answers that are lost, on SIMULATED engines (which lose them when told)', () => {
  let system: System;
  let cluster: string;
  let id: string;
  let manager: string;

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '20.10', speed: 4 }, hosts: 2 });
    cluster = await system.formSwarm();
    const nodes = await listNodes(at(system.members, 0).host);
    const idOf = (role: string): string => nodes.find(({ Spec }) => Spec.Role === role)?.ID ?? '';
    id = idOf('worker');
    manager = idOf('manager');
  });
  afterAll(() => system?.stop());

  const engine = () => at(system.machines.world?.engines() ?? [], 0);
  const fault = (rule: Omit<FaultRule, 'match'>): void =>
    engine().fault({ match: 'POST /nodes/*/update', times: 1, ...rule });
  const labelOf = async (node = id): Promise<string | undefined> =>
    (await listNodes(at(system.members, 0).host)).find(({ ID }) => ID === node)?.Spec.Labels?.l;
  const label = async (value: string, node = id): Promise<string> =>
    (await begin(system.ask, 'updateNodeLabels', { cluster, nodes: [node], set: [{ key: 'l', value }] })).id;
  /** What agents were told to do for this value, and what they know of it. */
  const ofLabel = (value: string) =>
    effects(system.members).filter(({ args }) => args?.setLabels?.[0]?.value === value);

  it('says SUCCEEDED when the change is seen though its answer was lost', async () => {
    fault({ kind: 'die', when: 'after' });
    expect(await ended(system.ask, await label('taken'))).toMatchObject({ state: 'SUCCEEDED' });
    expect(await labelOf()).toBe('taken');
  });

  it('resolves by observation what an agent did before it was killed', { timeout: 90_000 }, async () => {
    const { agent } = at(system.members, 0);
    const known = (await system.ask('{ hosts { edges { node { id name } } } }')).hosts;
    fault({ kind: 'hang', when: 'after' });
    const operation = await label('unheard');
    await until(async () => (await labelOf()) === 'unheard', 'the engine has taken the change');
    expect(await readOperation(system.ask, operation)).toMatchObject({ endedAt: null });
    await agent.kill9();
    await agent.start();
    expect(await ended(system.ask, operation)).toMatchObject({ state: 'SUCCEEDED' });
    expect(ofLabel('unheard')).toMatchObject([{ outcome: 'UNKNOWN' }]);
    await connected(system.ask);
    expect((await system.ask('{ hosts { edges { node { id name } } } }')).hosts).toEqual(known);
  });

  it('never says SUCCEEDED, nor tries again, when nothing was taken and nobody knows', {
    timeout: 90_000,
  }, async () => {
    const { agent } = at(system.members, 0);
    // On two nodes, so that both can be waited for at once.
    fault({ kind: 'die', when: 'before' });
    const lost = await label('lost', manager);
    await until(() => ofLabel('lost')[0]?.outcome === 'UNKNOWN', 'the agent has no answer');
    fault({ kind: 'hang', when: 'before' });
    const killed = await label('never taken');
    await until(
      () => ofLabel('never taken')[0]?.outcome === 'NONE' && engine().faultsLeft() === 0,
      'the agent has begun, and the engine has heard it',
    );
    await agent.kill9();
    await agent.start();
    for (const operation of [lost, killed])
      expect(await ended(system.ask, operation)).toMatchObject({
        state: 'UNRESOLVED',
        failure: { code: 'OUTCOME_UNKNOWN' },
      });
    expect([await labelOf(), await labelOf(manager)]).toEqual(['unheard', undefined]);
    expect(begunTwice(system.members)).toEqual([]);
  });

  it('brings the result of a command after a restart of the server meanwhile', {
    timeout: 90_000,
  }, async () => {
    fault({ kind: 'delay', when: 'after', delayMs: 3_000 });
    const operation = await label('slow');
    await until(async () => (await labelOf()) === 'slow', 'the engine has taken the change');
    await system.server.kill9();
    await system.server.start();
    expect(await ended(system.ask, operation)).toMatchObject({ state: 'SUCCEEDED' });
    expect(ofLabel('slow')).toMatchObject([{ outcome: 'DONE', result: { changed: true } }]);
  });

  it('goes on observing when another program held the database’s lock meanwhile', {
    timeout: 60_000,
  }, async () => {
    const db = new Sqlite(join(system.dir, 'data', 'skep.db'), { timeout: 5_000 });
    try {
      // Nobody has seen the change when the lock is taken.
      engine().fault({ match: 'GET /nodes', times: 100, kind: 'delay', when: 'before', delayMs: 1_000 });
      const operation = await label('observed');
      const command = db.prepare('SELECT state FROM Command WHERE operationId = ?');
      await until(
        async () => (command.get(operation) as { state?: string })?.state === 'DONE',
        'the result is stored',
      );
      db.exec('BEGIN IMMEDIATE');
      // Longer than a write waits for the lock, so that what is read cannot be kept.
      await delay(3_500);
      db.exec('ROLLBACK');
      engine().clearFaults();
      expect(await ended(system.ask, operation)).toMatchObject({ state: 'SUCCEEDED' });
    } finally {
      db.close();
    }
  });

  it('leaves a history without a fault', async () => {
    expect(await readExternal(system.ask)).toEqual([]);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });
});
