// What a cluster without a leader is called, when, and what its advice says: told from what agents and managers say.
import type { Client } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { connect, type Subscriber, subscribe } from '../support/live.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { clusterIs, readCluster } from './steps.ts';

describe(`recognition (${enginesNote})`, () => {
  let system: System;
  let cluster: string;
  let client: Client;
  let heard: Subscriber;

  const name = (member: number): string => at(system.members, member).host.hostname;
  const states = (): string[] =>
    heard.received
      .filter(({ changes }) => changes.some(({ path }: { path: string }) => path === 'state'))
      .map(({ state }) => state);
  const isIn = (state: string, withinMs?: number) => clusterIs(system.ask, cluster, state, withinMs);

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    cluster = await system.formSwarm({ managers: 3 });
    await isIn('HEALTHY');
    client = connect(system.server.socketUrl, system.server.adminKey);
    heard = subscribe(
      client,
      'subscription { clusterChanged { state changes { path old new } cluster { id } } }',
    );
  });
  afterAll(async () => {
    await client?.dispose();
    await system?.stop();
  });

  it('calls an election NO_LEADER and never QUORUM_LOST', { timeout: 120_000 }, async () => {
    await at(system.members, 0).host.kill9();
    // A real engine lets a read hang, and may have elected before it ever says that it has no leader.
    if (engines.kind === 'simulated') {
      const election = await isIn('NO_LEADER');
      expect(election.quorum).toMatchObject({ managers: 3, needed: 2, tolerates: -1 });
      expect(election.quorum.advice).toContain('wait');
      expect(election.quorum.advice).not.toContain('recoverCluster');
    }
    const after = await isIn('AT_RISK');
    expect(after.quorum).toMatchObject({ managers: 3, reachable: 2, tolerates: 0 });
    expect(states()).not.toContain('QUORUM_LOST');
    console.log(`in an election, on ${enginesNote}: ${states().join(', ')}`);
    await at(system.members, 0).host.start();
    await isIn('HEALTHY');
  });

  it('calls a lost quorum so, and says which engines must come back', { timeout: 180_000 }, async () => {
    const before = heard.received.length;
    await Promise.all([1, 2].map((member) => at(system.members, member).host.kill9()));
    const lost = await isIn('QUORUM_LOST', 120_000);
    expect(lost.watcher.stale).toBe(true);
    expect(lost.quorum).toMatchObject({ managers: 3, reachable: 1, needed: 2, tolerates: -1 });
    expect(lost.quorum.advice).toContain(`1 of 3 managers are up (${name(0)}), 2 are needed, so 1 must come`);
    expect(lost.quorum.advice).toContain(`start the engine of ${name(1)}, ${name(2)}`);
    // The query may be answered a moment before the event is told.
    const order = await until(() => {
      const states = heard.received.slice(before).map(({ state }) => state);
      return states.includes('QUORUM_LOST') ? states : null;
    }, 'a lost quorum is told');
    expect(order.lastIndexOf('NO_LEADER')).toBeGreaterThanOrEqual(0);
    expect(order.indexOf('QUORUM_LOST')).toBeGreaterThan(order.lastIndexOf('NO_LEADER'));
  });

  it('advises recoverCluster only when too few can be brought back', { timeout: 60_000 }, async () => {
    await Promise.all([1, 2].map((member) => at(system.members, member).agent.stop()));
    await until(async () => {
      const { quorum } = await readCluster(system.ask, cluster);
      return (
        quorum.advice.includes(`look at ${name(1)}, ${name(2)}`) &&
        quorum.advice.includes(`recoverCluster on ${name(0)}`)
      );
    }, 'the advice is to recover');
    await Promise.all([1, 2].map((member) => at(system.members, member).agent.start()));
  });

  it('goes on by itself when one is back', { timeout: 120_000 }, async () => {
    await at(system.members, 1).host.start();
    const back = await isIn('AT_RISK');
    expect(back.quorum).toMatchObject({ managers: 3, needed: 2 });
    expect(back.watcher.stale).toBe(false);
  });

  it('is UNREACHABLE when no agent of a manager is there to ask', { timeout: 60_000 }, async () => {
    await Promise.all(system.members.map(({ agent }) => agent.stop()));
    const away = await isIn('UNREACHABLE');
    expect(away.quorum.advice).toContain('0 of 3 managers are up (none)');
    expect(away.quorum.advice).toContain('no agent there is connected');
  });
});
