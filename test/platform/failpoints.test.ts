// Failpoints: refused when misspelt, off by default, and each of them stands in the code and is reached.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import * as agent from '../../agent/failpoints.ts';
import { readLog } from '../../lab/processes.ts';
import * as server from '../../server/platform/failpoints.ts';
import { at } from '../support/at.ts';
import { listNodes } from '../support/docker.ts';
import { begin, connected } from '../support/operations.ts';
import { createPerform } from '../support/perform.ts';
import { startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const log = { warn: () => undefined };
const root = fileURLToPath(new URL('../..', import.meta.url));

describe.each([
  { who: 'server', ...server, first: server.failpointNames[0] },
  { who: 'agent', ...agent, first: agent.failpointNames[0] },
])('failpoints of the $who', ({ who, armFailpoints, failpointNames, failpoint, first }) => {
  afterEach(() => armFailpoints(undefined, log));
  const pass = failpoint as (name: string) => Promise<void> | undefined;

  it.each([
    ['nowhere=kill', 'there is no failpoint nowhere'],
    [`${first}=explode`, 'is not name=kill'],
    [`${first}=sleep`, 'is not name=kill'],
    [`${first}=kill(3)`, 'is not name=kill'],
    [`${first}=kill@0`, 'neither a chance'],
    [`${first}=kill@1.5`, 'neither a chance'],
    [first, 'is not name=kill'],
  ])('refuse %s', (spec, message) => {
    expect(() => armFailpoints(spec, log)).toThrow(message);
  });

  it('do nothing unless they are armed, and nothing at the others', () => {
    for (const name of failpointNames) expect(pass(name)).toBeUndefined();
    armFailpoints(`${first}=throw`, log);
    expect(() => pass(first)).toThrow(`failpoint ${first}`);
    expect(pass(at(failpointNames, 1))).toBeUndefined();
  });

  it('hit the nth time alone, or by chance, or sleep, and say so loudly', async () => {
    const lines: unknown[] = [];
    armFailpoints(`${first}=throw@2; ${at(failpointNames, 1)}=sleep(1); *=note@0.5`, {
      warn: (...line: unknown[]) => void lines.push(line),
    });
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain('FAILPOINTS ARE ARMED');
    expect(pass(first)).toBeUndefined();
    expect(() => pass(first)).toThrow('failpoint');
    expect(pass(first)).toBeUndefined();
    expect(pass(at(failpointNames, 1))).toBeInstanceOf(Promise);
    lines.length = 0;
    for (let turn = 0; turn < 1_000; turn += 1) pass(at(failpointNames, 2));
    expect(lines.length).toBeGreaterThan(300);
    expect(lines.length).toBeLessThan(700);
  });

  it('stand in the code, each once', () => {
    const sources = readdirSync(join(root, who), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('failpoints.ts'))
      .map((path) => readFileSync(join(root, who, path), 'utf8'))
      .join('\n');
    const passed = failpointNames.map((name) => ({ name, times: sources.split(`'${name}'`).length - 1 }));
    expect(passed.filter(({ times }) => times !== 1)).toEqual([]);
  });
});

describe('failpoints, on SIMULATED engines', () => {
  it('are all reached by a swarm that is formed and changed', { timeout: 120_000 }, async () => {
    expect(server.failpointNames.length + agent.failpointNames.length).toBeGreaterThan(25);
    const system = await startSystem({
      engines: { kind: 'simulated', version: '20.10', speed: 10 },
      hosts: 2,
      env: { SKEP_FAILPOINTS: '*=note', SKEP_WEBHOOK_GRACE_SECONDS: '0' },
      // Slow enough for a command to be stored as acknowledged before its result comes.
      agentEnv: () => ({ SKEP_AGENT_FAILPOINTS: '*=note; command.started=sleep(300)' }),
    });
    try {
      const cluster = await system.formSwarm();
      const nodes = (await listNodes(at(system.members, 0).host)).map(({ ID }) => ID);
      await begin(system.ask, 'updateNodeLabels', { cluster, nodes, set: [{ key: 'l', value: '1' }] });
      const perform = createPerform(system.server.url, system.server.adminKey);
      await perform('revealJoinToken', { cluster, role: 'WORKER', reason: 'test' });
      // Agents are not back yet when the server starts again: that is told, to nobody who listens.
      await perform('createWebhook', { name: 'w', url: 'http://127.0.0.1:9/', alarms: ['AGENT_SILENT'] });
      // An operation that fails is an alarm that comes of an event.
      for (const engine of system.machines.world?.engines() ?? [])
        engine.fault({ match: 'POST /nodes/*/update', times: 1, kind: 'status', status: 500 });
      await perform('updateNodeLabels', { cluster, nodes, set: [{ key: 'l', value: '2' }] });
      await perform('sealAudit', { before: new Date().toISOString() });
      await system.server.stop();
      await system.server.start();
      await connected(system.ask);
      const notReached = (names: readonly string[], paths: readonly string[]): string[] => {
        const lines = paths.map(readLog).join('\n');
        return names.filter((name) => !lines.includes(`"failpoint":"${name}"`));
      };
      await until(
        () => notReached(server.failpointNames, [system.server.logPath]).length === 0,
        'the server has reached each',
      ).catch(() => undefined);
      expect(notReached(server.failpointNames, [system.server.logPath])).toEqual([]);
      const logs = system.members.map(({ agent: { logPath } }) => logPath);
      expect(notReached(agent.failpointNames, logs)).toEqual([]);
    } finally {
      await system.stop();
    }
  });

  it('end a server at its start when one is misspelt', async () => {
    await expect(
      startSystem({
        engines: { kind: 'simulated', version: '20.10', speed: 10 },
        hosts: 0,
        env: { SKEP_FAILPOINTS: 'audit.afterIntnet=kill' },
      }),
    ).rejects.toThrow('there is no failpoint audit.afterIntnet');
  });
});
