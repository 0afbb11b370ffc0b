// From nothing to a cluster of three managers by the snippets of the documents. On simulated engines: they have no ports to
// be closed, and nothing to pull.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/host.ts';
import { type AgentProcess, startAgent } from '../../lab/processes.ts';
import { at } from '../support/at.ts';
import { engineOf } from '../support/engine-api.ts';
import { snippet } from '../support/snippets.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('clusters as documented, on SIMULATED engines', () => {
  let system: System;
  let cluster: string;
  let added: { host: LabHost; id: string; agent: AgentProcess };

  const name = (member: number): string => at(system.members, member).host.hostname;
  const hostId = (member: number): string => at(system.members, member).hostId;
  const succeeded = { state: 'SUCCEEDED', failure: null };
  const nodes = async (): Promise<Record<string, any>[]> => {
    const { cluster: seen } = await system.ask(snippet('docs/clusters.md', 'Nodes'), { cluster });
    return seen.nodes.edges.map(({ node }: any) => node);
  };
  const node = async (hostname: string) => (await nodes()).find((each) => each.hostname === hostname);

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 }, hosts: 2 });
  });
  afterAll(async () => {
    await added?.agent.kill9();
    await system?.stop();
  });

  it('README.md: an enrolment lets one agent in, which then shows in hosts', async () => {
    const host = await system.machines.addHost();
    const { createEnrolment } = await system.ask(snippet('README.md', 'Enrol'), { name: host.hostname });
    expect(createEnrolment.operation).toMatchObject(succeeded);
    const { dir, server } = system;
    const agent = await startAgent({ dir, host, server: server.agentUrl, enrolment: createEnrolment.secret });
    const id = await until(async () => {
      const { hosts } = await system.ask('{ hosts { edges { node { id name status engine { id } } } } }');
      const found = hosts.edges.find(({ node: each }: any) => each.name === host.hostname && each.engine);
      return found?.node.status === 'CONNECTED' ? (found.node.id as string) : null;
    }, 'the host shows');
    added = { host, id, agent };
  });

  it('docs/preflight.md: the hosts are asked, and the matrix is kept', async () => {
    const hosts = [hostId(0), hostId(1), added.id].map((host) => ({ host }));
    const { preflight } = await system.ask(snippet('docs/preflight.md', 'Preflight'), { hosts });
    expect(preflight.operation.state).toBe('SUCCEEDED');
    expect(preflight.readiness.ready).toBe(true);
    const { operation } = await system.ask(snippet('docs/preflight.md', 'Matrix'), preflight.operation);
    expect(operation.readiness.hosts.map((each: any) => each.name).sort()).toEqual(
      [name(0), name(1), added.host.hostname].sort(),
    );
    const results = new Set(operation.readiness.links.map(({ result }: any) => result));
    expect([...results]).toEqual(['UNTESTABLE']);
  });

  it('docs/clusters.md: a swarm is made, and a host joins with its labels', async () => {
    const { initCluster } = await system.ask(snippet('docs/clusters.md', 'Init'), { host: hostId(0) });
    expect(initCluster).toMatchObject(succeeded);
    cluster = initCluster.clusterId.id;
    const { clusters } = await system.ask('{ clusters { id name } }');
    expect(clusters).toEqual([{ id: cluster, name: 'production' }]);
    for (const host of [hostId(1), added.id]) {
      const { joinHosts } = await system.ask(snippet('docs/clusters.md', 'Join'), { cluster, host });
      expect(joinHosts).toMatchObject(succeeded);
    }
    // It has ended when the managers list the node as Ready and its own host says so too.
    expect(await node(added.host.hostname)).toMatchObject({
      role: 'WORKER',
      status: { state: 'READY' },
      labels: [{ key: 'rack', value: 'r2' }],
      host: { id: added.id, status: 'CONNECTED' },
    });
    expect((await engineOf(added.host).get('/info')).Swarm.LocalNodeState).toBe('active');
  });

  it('docs/roles.md: three managers, of which the loss of one is borne', async () => {
    // Two bear no loss: the first of two promotions warns.
    for (const [worker, warnings] of [
      [name(1), [{ code: 'EVEN_MANAGERS' }]],
      [added.host.hostname, []],
    ] as const) {
      const { promoteNodes } = await system.ask(snippet('docs/roles.md', 'Promote'), { node: worker });
      expect(promoteNodes).toMatchObject({ ...succeeded, warnings });
      expect(await node(worker)).toMatchObject({
        observedRole: 'MANAGER',
        managerStatus: { reachability: 'REACHABLE' },
      });
    }
    expect((await engineOf(added.host).get('/info')).Swarm.ControlAvailable).toBe(true);
    const { demoteNodes } = await system.ask(snippet('docs/roles.md', 'Preview'), { node: name(1) });
    expect(demoteNodes).toMatchObject({
      state: 'REFUSED',
      guards: [{ guard: 'NO_FAULT_TOLERANCE' }],
      impact: { managersBefore: 3, managersAfter: 2, toleratesBefore: 1, toleratesAfter: 0 },
    });
    expect((await nodes()).filter(({ role }) => role === 'MANAGER')).toHaveLength(3);
  });

  it('docs/tls.md: the token of one role is another one, and members stay', async () => {
    const tokens = async () => (await engineOf(at(system.members, 0).host).get('/swarm')).JoinTokens;
    const before = await tokens();
    const { rotateJoinToken } = await system.ask(snippet('docs/tls.md', 'RotateToken'), { cluster });
    expect(rotateJoinToken).toMatchObject(succeeded);
    const after = await tokens();
    expect(after.Worker).not.toBe(before.Worker);
    expect(after.Manager).toBe(before.Manager);
    expect((await nodes()).map(({ status }) => status.state)).toEqual(['READY', 'READY', 'READY']);
  });

  it('docs/tls.md: certificates are valid for as long as was set', async () => {
    const { updateCluster } = await system.ask(snippet('docs/tls.md', 'Settings'), { cluster });
    expect(updateCluster).toMatchObject(succeeded);
    const { clusters } = await system.ask('{ clusters { settings { certificateExpirySeconds } } }');
    expect(clusters[0].settings.certificateExpirySeconds).toBe(2_592_000);
  });

  it('docs/tls.md: the dry run of a rotation has nothing in its way, and rotates nothing', async () => {
    const { rotateCA } = await system.ask(snippet('docs/tls.md', 'RotateRoot'), { cluster });
    expect(rotateCA).toMatchObject({ ...succeeded, guards: [] });
    const { clusters } = await system.ask('{ clusters { rootRotationInProgress } }');
    expect(clusters[0].rootRotationInProgress).toBe(false);
  });
});
