// Overlay networks through the front door: what is refused, what is made, listed and removed, and what the engine says.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callDocker } from '../support/docker.ts';
import { type EngineApi, engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { createService } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';

const networkFields =
  'id name driver scope attachable encrypted ingress internal ipv6 subnets { subnet gateway ipRange } labels { key value } cluster { id } services { id name virtualIp discovery { name kind } }';

describe(`networks (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let api: EngineApi;
  let cluster: string;

  const swarmNetworks = async (): Promise<any[]> =>
    api.get(`/networks?filters=${encodeURIComponent('{"scope":["swarm"]}')}`);
  const listed = async (filter: object = {}): Promise<any[]> =>
    (
      await system.ask(
        `query($cluster: ID, $filter: NetworkFilter) { networks(cluster: $cluster, filter: $filter) { totalCount edges { node { ${networkFields} } } } }`,
        { cluster, filter },
      )
    ).networks.edges.map(({ node }: any) => node);

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    const [first] = system.members;
    if (!first) throw new Error('a host is needed');
    api = engineOf(first.host);
  });
  afterAll(() => system?.stop());

  it('what is no network is bad input, says why, and is not on record', async () => {
    const stands = async () => [
      await readHistory(system.ask, { action: 'createNetwork' }),
      await swarmNetworks(),
    ];
    const before = await stands();
    for (const [input, words] of [
      [{ name: 'two words' }, 'name: is no name for a network'],
      [{ name: 'x'.repeat(64) }, 'name: is longer than 63'],
      [{ name: 'a', subnets: [{ subnet: '10.20.0.0' }] }, 'subnets.0.subnet: is no subnet in CIDR'],
      [{ name: 'a', subnets: [{ subnet: '10.20.0.0/33' }] }, 'subnets.0.subnet: is no subnet in CIDR'],
      [
        { name: 'a', subnets: [{ subnet: '10.20.0.0/24', gateway: '10.21.0.1' }] },
        'subnets.0.gateway: is not in the subnet',
      ],
      [
        { name: 'a', subnets: [{ subnet: '10.20.0.0/24', ipRange: '10.20.0.0/16' }] },
        'subnets.0.ipRange: is not in the subnet',
      ],
      [
        { name: 'a', subnets: [{ subnet: '10.20.0.0/24' }, { subnet: '10.20.0.128/25' }] },
        'subnets: overlap one another',
      ],
    ] as const) {
      const error = await perform.error('createNetwork', { cluster, ...input });
      expect(error).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining(words) });
    }
    expect(await stands()).toEqual(before);
  });

  it('the ingress network is listed, and is not removed', async () => {
    const [ingress, ...others] = await listed();
    expect(others).toEqual([]);
    expect(ingress).toMatchObject({
      name: 'ingress',
      ingress: true,
      driver: 'overlay',
      cluster: { id: cluster },
    });
    const refused = await perform('removeNetwork', { cluster, network: 'ingress' });
    expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'NETWORK_NEEDED' } });
  });

  it('makes one as it was asked for, and it is done when the swarm has given it its addresses', async () => {
    const done = await perform('createNetwork', {
      cluster,
      name: 'app',
      attachable: true,
      internal: true,
      subnets: [{ subnet: '10.77.0.0/24', gateway: '10.77.0.1', ipRange: '10.77.0.128/25' }],
      labels: [{ key: 'team', value: 'web' }],
      reason: 'for the shop',
    });
    expect(done).toMatchObject({ state: 'SUCCEEDED', warnings: [], failure: null });
    const [target] = done.targets;
    expect(target).toMatchObject({ kind: 'NETWORK', name: 'app', state: 'SUCCEEDED' });
    expect(new Date(done.observedAt).getTime()).toBeGreaterThan(new Date(done.startedAt).getTime());
    const theirs = (await swarmNetworks()).find(({ Name }) => Name === 'app');
    expect(theirs).toMatchObject({
      Id: target.id,
      Driver: 'overlay',
      Attachable: true,
      Internal: true,
      Labels: { team: 'web' },
      IPAM: { Config: [{ Subnet: '10.77.0.0/24', Gateway: '10.77.0.1', IPRange: '10.77.0.128/25' }] },
    });
    const subnets = [{ subnet: '10.77.0.0/24', gateway: '10.77.0.1', ipRange: '10.77.0.128/25' }];
    expect(await listed({ text: 'AP' })).toEqual([
      {
        id: target.id,
        name: 'app',
        driver: 'overlay',
        scope: 'swarm',
        attachable: true,
        encrypted: false,
        ingress: false,
        internal: true,
        ipv6: false,
        subnets,
        labels: [{ key: 'team', value: 'web' }],
        cluster: { id: cluster },
        services: [],
      },
    ]);
    const { network } = await system.ask('query($id: ID!) { network(id: $id) { name } }', { id: target.id });
    expect(network).toEqual({ name: 'app' });
    const [intent, outcome] = await readHistory(system.ask, { operation: done.id });
    expect(intent).toMatchObject({ phase: 'INTENT', action: 'createNetwork', reason: 'for the shop' });
    expect(outcome).toMatchObject({ phase: 'OUTCOME', outcome: 'SUCCEEDED' });
    expect(outcome?.changes).toContainEqual({ path: `${target.id}.network.name`, old: null, new: 'app' });
  });

  it('refuses a name and a subnet that are taken, which the engine would take without a word', async () => {
    const before = await swarmNetworks();
    for (const [input, code] of [
      [{ name: 'app' }, 'NAME_TAKEN'],
      [{ name: 'bridge' }, 'NAME_TAKEN'],
      [{ name: 'within', subnets: [{ subnet: '10.77.0.64/26' }] }, 'SUBNET_TAKEN'],
      [{ name: 'around', subnets: [{ subnet: '10.64.0.0/10' }] }, 'SUBNET_TAKEN'],
    ] as const) {
      const dry = await perform('createNetwork', { cluster, ...input, dryRun: true });
      const refused = await perform('createNetwork', { cluster, ...input });
      expect(refused).toMatchObject({ state: 'REFUSED', failure: { code } });
      expect(dry.failure).toEqual(refused.failure);
    }
    expect(await swarmNetworks()).toEqual(before);
  });

  it.skipIf(engines.kind === 'real')(
    'an encrypted one is made with a warning where it is not known what kernels can',
    async () => {
      // A simulated engine says that it runs on another kernel than its agent.
      const { hosts } = await system.ask('{ hosts { edges { node { kernel { encryption } } } } }');
      expect(hosts.edges.map(({ node }: any) => node.kernel)).toEqual([null]);
      const done = await perform('createNetwork', { cluster, name: 'sealed', encrypted: true });
      expect(done).toMatchObject({ state: 'SUCCEEDED', warnings: [{ code: 'KERNEL_ESP_UNKNOWN' }] });
      expect(done.warnings[0].message).toContain(system.members[0]?.host.hostname);
      expect(await listed({ encrypted: true })).toMatchObject([{ name: 'sealed', encrypted: true }]);
    },
  );

  it('of two with the same subnet at once one is made', async () => {
    const both = await Promise.all(
      ['left', 'right'].map((name) =>
        perform('createNetwork', { cluster, name, subnets: [{ subnet: '10.78.0.0/24' }] }),
      ),
    );
    expect(both.map(({ state }) => state).sort()).toEqual(['REFUSED', 'SUCCEEDED']);
  });

  it('a network in use is not removed; it tells who is attached, and by which names they are found', async () => {
    const [app] = await listed({ text: 'app' });
    const manager = system.members[0]?.host;
    if (!manager) throw new Error('a host is needed');
    const id = await createService(manager, {
      name: 'web',
      replicas: 0,
      template: { Networks: [{ Target: app.id, Aliases: ['www'] }] },
    });
    const [now] = await listed({ text: 'app' });
    expect(now.services).toMatchObject([
      {
        id,
        name: 'web',
        discovery: [
          { name: 'web', kind: 'VIRTUAL_IP' },
          { name: 'www', kind: 'VIRTUAL_IP' },
          { name: 'tasks.web', kind: 'TASKS' },
          { name: 'tasks.www', kind: 'TASKS' },
        ],
      },
    ]);
    const refused = await perform('removeNetwork', { cluster, network: 'app' });
    expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'IN_USE' } });
    expect(refused.failure.message).toContain('web');
  });

  it('removes one that nothing uses, and says it when it is gone', async () => {
    const manager = system.members[0]?.host;
    const [service] = await api.get('/services');
    if (manager) await callDocker(manager, 'DELETE', `/services/${service.ID}`);
    const done = await perform('removeNetwork', { cluster, network: 'app' });
    expect(done).toMatchObject({ state: 'SUCCEEDED', targets: [{ kind: 'NETWORK', name: 'app' }] });
    expect((await swarmNetworks()).map(({ Name }) => Name)).not.toContain('app');
    const again = await perform('removeNetwork', { cluster, network: 'app' });
    expect(again).toMatchObject({ state: 'REFUSED', failure: { code: 'NOT_FOUND' } });
  });
});
