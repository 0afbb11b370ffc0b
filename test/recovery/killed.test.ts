// The server, then the agent, is killed in the middle of recoverCluster: it ends truthfully, and the command is sent once.
import { describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { begunTwice, effects, readJournal } from '../support/commands.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { faultsOfHistory, readExternal } from '../support/history.ts';
import { begin, ended } from '../support/operations.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { clusterIs, readCluster } from './steps.ts';

/** Two managers, one of them dead for good. */
const startWithoutQuorum = async (env: NodeJS.ProcessEnv): Promise<{ system: System; cluster: string }> => {
  const system = await startSystem({ engines, hosts: 2, env });
  const cluster = await system.formSwarm({ managers: 2 });
  await at(system.members, 1).host.kill9();
  await clusterIs(system.ask, cluster, 'NO_LEADER');
  return { system, cluster };
};

const recover = (system: System, cluster: string) =>
  begin(system.ask, 'recoverCluster', {
    cluster,
    host: at(system.members, 0).hostId,
    confirm: 'test',
    override: ['MAJORITY_RECOVERABLE'],
    reason: 'the other is gone',
  });

const newest = async ({ ask }: System): Promise<string> => {
  const { operations } = await ask('{ operations(first: 1) { edges { node { id action } } } }');
  expect(operations.edges[0].node.action).toBe('recoverCluster');
  return operations.edges[0].node.id;
};

const expectRecoveredOnce = async (system: System, cluster: string): Promise<void> => {
  const seen = await readCluster(system.ask, cluster);
  expect(seen.quorum).toMatchObject({ managers: 1, reachable: 1 });
  expect(effects(system.members).filter(({ kind }) => kind === 'RecoverSwarm')).toHaveLength(1);
  expect(begunTwice(system.members)).toEqual([]);
  expect(await readExternal(system.ask)).toEqual([]);
  expect(await faultsOfHistory(system.ask)).toEqual([]);
};

describe.concurrent(`recoverCluster, killed (${enginesNote})`, () => {
  it('goes on after the server was killed when the agent had just taken the command', {
    timeout: 240_000,
  }, async () => {
    const env: NodeJS.ProcessEnv = {};
    const { system, cluster } = await startWithoutQuorum(env);
    try {
      await system.server.stop();
      env.SKEP_FAILPOINTS = 'command.afterAcknowledged=kill@1';
      await system.server.start();
      await clusterIs(system.ask, cluster, 'QUORUM_LOST');
      await recover(system, cluster).catch(() => null);
      await until(
        () =>
          readJournal(at(system.members, 0)).some(
            ({ state, kind }) => state === 'accepted' && kind === 'RecoverSwarm',
          ),
        'the agent has the command',
      );
      await system.server.whenEnded();
      delete env.SKEP_FAILPOINTS;
      await system.server.start();
      const done = await ended(system.ask, await newest(system));
      expect(done).toMatchObject({ state: 'SUCCEEDED', failure: null });
      expect(done.observedAt).not.toBeNull();
      await expectRecoveredOnce(system, cluster);
    } finally {
      await system.stop();
    }
  });

  it('is observed when the agent was killed before it could tell the engine’s answer', {
    timeout: 240_000,
  }, async () => {
    const agentEnv: NodeJS.ProcessEnv = {};
    const system = await startSystem({ engines, hosts: 2, agentEnv: () => agentEnv });
    try {
      const cluster = await system.formSwarm({ managers: 2 });
      await at(system.members, 1).host.kill9();
      await clusterIs(system.ask, cluster, 'QUORUM_LOST', 120_000);
      const { agent } = at(system.members, 0);
      await agent.stop();
      agentEnv.SKEP_AGENT_FAILPOINTS = 'command.executed=kill@1';
      await agent.start();
      delete agentEnv.SKEP_AGENT_FAILPOINTS;
      await clusterIs(system.ask, cluster, 'QUORUM_LOST', 120_000);
      const { id } = await recover(system, cluster);
      await until(
        () =>
          readJournal(at(system.members, 0)).some(
            ({ state, kind }) => state === 'accepted' && kind === 'RecoverSwarm',
          ),
        'the agent has the command',
      );
      await agent.whenEnded();
      await agent.start();
      const done = await ended(system.ask, id);
      expect(done).toMatchObject({ state: 'SUCCEEDED', failure: null });
      const [told] = effects(system.members).filter(({ kind }) => kind === 'RecoverSwarm');
      expect(told?.outcome).toBe('UNKNOWN');
      await expectRecoveredOnce(system, cluster);
    } finally {
      await system.stop();
    }
  });
});
