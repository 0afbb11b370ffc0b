// A server that is killed after a command has gone out, and before it was saved that its operation had begun: the command
// on record says so. On SIMULATED engines.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLog } from '../../lab/processes.ts';
import { begunTwice, effects } from '../support/commands.ts';
import { faultsOfHistory } from '../support/history.ts';
import { begin, connected, ended } from '../support/operations.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('an operation whose beginning was not saved, on SIMULATED engines', () => {
  let system: System;
  let cluster: string;
  /** Read at each start of the server. */
  const env: Record<string, string> = {};
  const restart = async (): Promise<void> => {
    await system.server.kill9();
    await system.server.start();
    await connected(system.ask);
  };

  beforeAll(async () => {
    system = await startSystem({
      engines: { kind: 'simulated', version: '28.5', speed: 4 },
      hosts: 1,
      env,
    });
    cluster = await system.formSwarm();
  });
  afterAll(() => system?.stop());

  it.each([
    ['rotateJoinToken', { role: 'WORKER' }, 'RotateJoinToken'],
    ['updateCluster', { taskHistoryLimit: 7 }, 'UpdateSwarm'],
  ])('%s is gone on with, and its command is not sent anew', async (mutation, input, kind) => {
    env.SKEP_FAILPOINTS = 'operation.beforeSave=sleep(600000)';
    await restart();
    const { id } = await begin(system.ask, mutation, { cluster, reason: 'a kill', ...input });
    const done = () => effects(system.members).filter((effect) => effect.kind === kind);
    await until(() => done().at(-1)?.outcome === 'DONE', 'the agent has carried it out');
    delete env.SKEP_FAILPOINTS;
    await restart();
    expect(await ended(system.ask, id)).toMatchObject({ state: 'SUCCEEDED', failure: null });
    expect(done()).toHaveLength(1);
    expect(readLog(system.server.logPath)).not.toContain('unexpectedly');
  });

  it('leaves a history without a fault', async () => {
    expect(begunTwice(system.members)).toEqual([]);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });
});
