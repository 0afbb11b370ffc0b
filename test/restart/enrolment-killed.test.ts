// The server or the agent is killed while a host is enrolled: it becomes one host, once, with the secret that it has.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentProcess, startAgent } from '../../lab/processes.ts';
import { faultsOfHistory, readAudit } from '../support/history.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('enrolment, on SIMULATED engines', () => {
  let system: System;
  const env: NodeJS.ProcessEnv = {};
  const agents: AgentProcess[] = [];

  beforeAll(async () => {
    system = await startSystem({
      engines: { kind: 'simulated', version: '20.10', speed: 10 },
      hosts: 0,
      env,
    });
  });
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.kill9()));
    await system?.stop();
  });

  const hostsNamed = async (name: string): Promise<{ id: string; status: string }[]> => {
    const { hosts } = await system.ask(
      '{ hosts(first: 1000) { edges { node { id name hostname status } } } }',
    );
    return hosts.edges
      .map(({ node }: Record<string, any>) => node)
      .filter(({ name: own, hostname }: Record<string, any>) => own === name || hostname === name);
  };

  it.each([
    ['the server', 'enrolment.beforeSpend'],
    ['the server', 'enrolment.spent'],
    ['the server', 'enrolment.beforeAnswer'],
    ['the agent', 'link.beforeEnrol'],
    ['the agent', 'link.enrolled'],
    ['the agent', 'link.identityKept'],
  ])('outlives that %s is killed at %s', { timeout: 120_000 }, async (who, point) => {
    const host = await system.machines.addHost();
    if (who === 'the server') {
      env.SKEP_FAILPOINTS = `${point}=kill`;
      await system.server.stop();
      await system.server.start();
      delete env.SKEP_FAILPOINTS;
    }
    const { createEnrolment } = await system.ask(
      'mutation($name: String) { createEnrolment(input: { name: $name }) { secret } }',
      { name: host.hostname },
    );
    const agentEnv: NodeJS.ProcessEnv = who === 'the agent' ? { SKEP_AGENT_FAILPOINTS: `${point}=kill` } : {};
    const agent = await startAgent({
      dir: system.dir,
      host,
      server: system.server.agentUrl,
      enrolment: createEnrolment.secret,
      env: agentEnv,
    });
    agents.push(agent);
    const victim = who === 'the server' ? system.server : agent;
    expect(await victim.whenEnded()).toMatchObject({ signal: 'SIGKILL' });
    delete agentEnv.SKEP_AGENT_FAILPOINTS;
    await victim.start();
    const found = await until(
      async () => {
        const own = await hostsNamed(host.hostname);
        return own.some(({ status }) => status === 'CONNECTED') ? own : null;
      },
      'the host is connected',
      40_000,
    );
    expect(found).toHaveLength(1);
    const records = await readAudit(system.ask, { action: 'enrolHost' });
    expect(records.filter(({ targets }) => targets.some(({ id }) => id === found[0]?.id))).toHaveLength(1);
  });

  it('leaves a history without a fault', async () => {
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });
});
