// Joins are judged by their ports: a closed one refuses and is named, unless it is meant; what was not probed warns.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { closePort, whyNoFirewall } from '../support/firewall.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type Member, type System, startSystem } from '../support/system.ts';

const whyNotClosed = engines.kind === 'real' ? whyNoFirewall() : 'simulated hosts have no ports';

describe(`ports before a join (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let manager: Member;
  let joining: Member;
  let old: Member;

  const name = ({ host }: Member): string => host.hostname;
  const join = ({ hostId }: Member, more: object = {}) =>
    perform('joinHosts', { cluster, hosts: [{ host: hostId }], ...more });
  const stateOf = async ({ host }: Member) => (await engineOf(host).get('/info')).Swarm.LocalNodeState;

  beforeAll(async () => {
    system = await startSystem({
      engines,
      hosts: 3,
      agentEnv: ({ index }) =>
        index === 3 ? { SKEP_AGENT_ALLOW: 'reads,secrets,membership,nodes,recovery,spec' } : {},
    });
    perform = createPerform(system.server.url, system.server.adminKey);
    [manager, joining, old] = system.members as [Member, Member, Member];
    const { clusterId } = await perform('initCluster', {
      host: manager.hostId,
      advertiseAddr: manager.host.address,
    });
    cluster = clusterId.id;
  });
  afterAll(() => system?.stop());

  describe.skipIf(whyNotClosed !== null)(`with a firewall${whyNotClosed ? ` (${whyNotClosed})` : ''}`, () => {
    const atManager = { port: 2_377, protocol: 'tcp', how: 'DROP' } as const;
    const atHost = { port: 7_946, protocol: 'udp', how: 'DROP' } as const;

    it('a join refuses where 2377 of a manager is filtered, also a dry run, and nothing is sent to the engine', async () => {
      const open = await closePort(manager.host, { from: joining.host.address, ...atManager });
      for (const dryRun of [true, false]) {
        const refused = await join(joining, { dryRun });
        expect(refused).toMatchObject({
          state: 'REFUSED',
          guards: [{ guard: 'PORT_BLOCKED' }],
          failure: { code: 'PORT_BLOCKED' },
        });
        const [{ message }] = refused.guards;
        for (const words of [
          `2377/tcp of host ${name(manager)}`,
          'FILTERED',
          `from ${name(joining)}`,
          `open 2377/tcp on host ${name(manager)} for ${joining.host.address}`,
        ])
          expect(message).toContain(words);
      }
      expect(await stateOf(joining)).toBe('inactive');
      await open();
    });

    it('a join refuses where 7946 of the host is filtered, and takes it when it is meant', async () => {
      const open = await closePort(joining.host, { from: manager.host.address, ...atHost });
      const refused = await join(joining);
      expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'PORT_BLOCKED' } });
      expect(refused.guards[0].message).toContain(
        `open 7946/udp on host ${name(joining)} for ${manager.host.address}`,
      );
      const done = await join(joining, { override: ['PORT_BLOCKED'], reason: 'it is opened tomorrow' });
      expect(done).toMatchObject({
        state: 'SUCCEEDED',
        guards: [{ guard: 'PORT_BLOCKED' }],
        overrides: ['PORT_BLOCKED'],
      });
      await open();
    });
  });

  it('a host whose agent does not probe joins with a warning', async () => {
    const done = await join(old);
    expect(done).toMatchObject({
      state: 'SUCCEEDED',
      guards: [],
      warnings: [{ code: 'NOT_PROBED', target: old.hostId }],
    });
    expect(await stateOf(old)).toBe('active');
  });

  it('preflight with a cluster: what the engine holds is OPEN by TCP and UNTESTABLE by UDP', async () => {
    const { payload } = await perform('preflight', { cluster, hosts: [{ host: joining.hostId }] });
    const { links, findings } = payload.readiness;
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'NOT_PROBED', severity: 'WARNS', hostId: old.hostId }),
    );
    const results = (from: Member, to: Member) =>
      Object.fromEntries(
        links
          .filter((link: any) => link.from.name === name(from) && link.to.name === name(to))
          .map(({ port, protocol, result }: any) => [`${port}/${protocol}`, result]),
      );
    const open = engines.kind === 'real' ? 'OPEN' : 'UNTESTABLE';
    expect(results(joining, manager)).toEqual({
      '2377/TCP': open,
      '7946/TCP': open,
      '7946/UDP': 'UNTESTABLE',
      '4789/UDP': 'UNTESTABLE',
      'null/ESP': 'UNTESTABLE',
    });
    expect(results(joining, old)).toMatchObject({ '7946/TCP': open });
    expect(results(old, joining)).toMatchObject({ '7946/TCP': 'UNTESTABLE' });
  });
});
