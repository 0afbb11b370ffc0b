// planFleet through the front door: before there is a cluster, when all is as declared, and after changes behind its back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from '../../server/fleet/parse.ts';
import { at } from '../support/at.ts';
import { callDocker } from '../support/docker.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';

const fields =
  'clusterId inSync differences { kind id name path declared actual changeable } steps { position key mutation permission kind name differences { path } } undeclared { kind id name }';

describe(`planFleet, on ${enginesNote}`, { timeout: 120_000 }, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;

  const nameOf = (index: number): string => at(system.members, index).host.hostname;
  /** Three managers with labels, a network and a service that says all that there is to say, of which no task has to run. */
  const declared = (): Record<string, any> => ({
    skepFleet: 1,
    cluster: 'fleet',
    nodes: [
      {
        host: nameOf(0),
        role: 'manager',
        advertiseAddr: at(system.members, 0).host.address,
        labels: { zone: 'a' },
      },
      { host: at(system.members, 1).hostId, role: 'manager', labels: { zone: 'b' } },
      { match: { name: '*' }, role: 'manager', labels: { zone: 'c', old: null } },
    ],
    networks: [
      { name: 'backend', attachable: true, subnets: [{ subnet: '10.77.0.0/24' }], labels: { team: 'a' } },
    ],
    services: [
      {
        name: 'whole',
        image: 'bb:1',
        command: ['sleep', '1000'],
        args: ['1'],
        user: '0',
        workingDirectory: '/tmp',
        stopGraceSeconds: 0.1,
        labels: { b: '2', a: '1' },
        containerLabels: { c: '3' },
        mounts: [
          { type: 'tmpfs', target: '/scratch' },
          { type: 'volume', source: 'kept', target: '/kept', readOnly: true },
        ],
        constraints: ['node.labels.zone==a', 'node.role == manager'],
        preferences: ['node.labels.zone'],
        maxReplicasPerNode: 2,
        replicas: 0,
        resources: { cpuLimit: 0.3, memoryReservationBytes: 4_194_304 },
        restartPolicy: { condition: 'on-failure', delaySeconds: 0.1, maxAttempts: 3 },
        updateConfig: { order: 'start-first', monitorSeconds: 0.5, maxFailureRatio: 0.25 },
        rollbackConfig: { parallelism: 2, failureAction: 'continue' },
        networks: ['backend'],
        endpointMode: 'dnsrr',
        ports: [{ target: 80, published: 8_077, mode: 'host' }],
        secrets: [{ ref: 'password' }],
        configs: [{ ref: 'motd', fileName: '/etc/motd', mode: 0o400 }],
      },
      {
        name: 'everywhere',
        image: 'bb:1',
        mode: 'global',
        command: ['sleep', '1000'],
        endpointMode: 'dnsrr',
      },
      { name: 'plain', image: 'bb:1', command: ['sleep', '1000'], endpointMode: 'dnsrr' },
    ],
  });
  const plan = async (document: object): Promise<Record<string, any>> => {
    const { planFleet } = await system.ask(
      `query($document: String!) { planFleet(document: $document) { ${fields} } }`,
      { document: JSON.stringify(document) },
    );
    return planFleet;
  };
  const refusal = (document: object): Promise<string> =>
    plan(document).then(
      () => 'it was answered',
      (error: Error) => error.message,
    );
  const keys = ({ steps }: Record<string, any>): string[] => steps.map(({ key }: { key: string }) => key);
  const differs = ({ differences }: Record<string, any>): string[] =>
    differences.map(({ name, path }: { name: string; path: string }) => `${name} ${path}`);

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    perform = createPerform(system.server.url, system.server.adminKey);
  });
  afterAll(() => system?.stop());

  it('refuses hosts that are unknown, named twice, or declared in two ways', async () => {
    const { nodes, ...rest } = declared();
    expect(await refusal({ ...rest, nodes: [...nodes, { host: 'nosuch', role: 'worker' }] })).toMatch(
      /no host nosuch, which line 1/,
    );
    expect(
      await refusal({ ...rest, nodes: [...nodes, { host: at(system.members, 0).hostId, role: 'worker' }] }),
    ).toMatch(/names host .* again/);
    expect(await refusal({ ...rest, nodes: [...nodes, { match: { name: '*' }, role: 'worker' }] })).toMatch(
      new RegExp(`both fit host ${nameOf(2)}, and differ in role`),
    );
    expect(
      await refusal({
        ...rest,
        nodes: [...nodes, { match: { name: '*' }, role: 'manager', labels: { old: 'x' } }],
      }),
    ).toMatch(/differ in labels\.old/);
  });

  it('shows every step before there is a cluster, and changes nothing', async () => {
    const planned = await plan(declared());
    expect(planned).toMatchObject({ clusterId: null, inSync: false, undeclared: [] });
    expect(keys(planned)).toEqual([
      `init:${nameOf(0)}`,
      'join-managers',
      `labels:${nameOf(0)}`,
      'network:backend',
      'service:whole',
      'service:everywhere',
      'service:plain',
    ]);
    expect(planned.steps.map(({ position }: { position: number }) => position)).toEqual([
      1, 2, 3, 4, 5, 6, 7,
    ]);
    expect(planned.differences.every(({ actual }: { actual: unknown }) => actual === null)).toBe(true);
    expect(await plan(declared())).toEqual(planned);
    for (const { host } of system.members)
      expect(await engineOf(host).get('/info')).toMatchObject({ Swarm: { LocalNodeState: 'inactive' } });
  });

  it('says that a cluster is made by nobody where no host fits a manager', async () => {
    const planned = await plan({
      ...declared(),
      nodes: [{ match: { name: 'nosuch-*' }, role: 'manager' }],
    });
    expect(planned.steps).toEqual([]);
    expect(planned.differences[0]).toMatchObject({ kind: 'CLUSTER', name: 'fleet', changeable: false });
  });

  it('is in sync once all was done, by what Docker shows of it', async () => {
    const [first, ...others] = system.members;
    const made = await perform('initCluster', {
      host: first?.hostId,
      name: 'fleet',
      advertiseAddr: first?.host.address,
    });
    expect(made).toMatchObject({ state: 'SUCCEEDED' });
    cluster = made.clusterId.id;
    expect(keys(await plan(declared()))).not.toContain(`init:${nameOf(0)}`);
    const joined = await perform('joinHosts', {
      cluster,
      role: 'MANAGER',
      hosts: others.map(({ hostId }, index) => ({
        host: hostId,
        labels: [{ key: 'zone', value: 'bc'.charAt(index) }],
      })),
      waitSeconds: 120,
    });
    expect(joined).toMatchObject({ state: 'SUCCEEDED' });
    expect(keys(await plan(declared()))[0]).toBe(`labels:${nameOf(0)}`);
    await Promise.all(system.members.map(({ host }) => host.importImage?.()));
    const { networks, services } = parseDocument(JSON.stringify(declared()));
    for (const [mutation, input] of [
      ['updateNodeLabels', { nodes: [nameOf(0)], set: [{ key: 'zone', value: 'a' }] }],
      ['createSecret', { name: 'password', value: 'open-sesame' }],
      ['createConfig', { name: 'motd', value: 'good morning' }],
      ['createNetwork', networks[0]?.input],
      ...services.map((service) => ['createService', service.input] as const),
    ] as const)
      expect(await perform(mutation, { cluster, ...input, waitSeconds: 60 }), mutation).toMatchObject({
        failure: null,
        state: 'SUCCEEDED',
      });
    expect(await plan(declared())).toEqual({
      clusterId: cluster,
      inSync: true,
      differences: [],
      steps: [],
      undeclared: [],
    });
  });

  it('shows what was changed behind its back, and the steps in their order', async () => {
    const api = engineOf(at(system.members, 0).host);
    const change = async (path: string, edit: (spec: any) => void): Promise<void> => {
      const { ID, Version, Spec } = await api.get(path);
      edit(Spec);
      const answer = await api.post(`${path.replace(/[^/]+$/, ID)}/update?version=${Version.Index}`, Spec);
      expect(answer.status, answer.text).toBe(200);
    };
    const nodes = await api.nodes();
    await change(`/nodes/${nodes[nameOf(2)].ID}`, (spec) => {
      spec.Role = 'worker';
      spec.Availability = 'drain';
      spec.Labels = { old: 'x', own: 'y' };
    });
    await change('/services/whole', (spec) => {
      spec.Labels = { a: '1', b: '3' };
      spec.TaskTemplate.Placement.Constraints = ['node.role==manager', 'node.labels.zone == a'];
      spec.TaskTemplate.ContainerSpec.Image = `bb:1@sha256:${'0'.repeat(64)}`;
      spec.Mode.Replicated.Replicas = 2;
    });
    await change('/services/plain', (spec) => {
      spec.Labels = { own: 'left alone' };
    });
    const { ID } = await callDocker<{ ID: string }>(at(system.members, 0).host, 'POST', '/services/create', {
      Name: 'by-hand',
      TaskTemplate: { ContainerSpec: { Image: 'bb:1' } },
      Mode: { Replicated: { Replicas: 0 } },
    });
    const planned = await plan(declared());
    expect(differs(planned)).toEqual([
      `${nameOf(2)} role`,
      `${nameOf(2)} availability`,
      `${nameOf(2)} labels.zone`,
      `${nameOf(2)} labels.old`,
      'whole labels',
      'whole replicas',
    ]);
    expect(planned.differences.at(-2)).toMatchObject({
      kind: 'SERVICE',
      declared: { a: '1', b: '2' },
      actual: { a: '1', b: '3' },
      changeable: true,
    });
    expect(planned.steps).toMatchObject([
      { key: `labels:${nameOf(2)}`, mutation: 'updateNodeLabels', permission: 'node:label' },
      { key: 'availability:active', mutation: 'setNodeAvailability' },
      { key: 'promote', mutation: 'promoteNodes' },
      { key: 'service:whole', mutation: 'updateService' },
    ]);
    expect(planned.undeclared).toEqual([{ kind: 'SERVICE', id: ID, name: 'by-hand' }]);
  });

  it('scales where replicas alone differ, drains last, and says what cannot be changed', async () => {
    const { nodes, networks, services, ...rest } = declared();
    const [whole, everywhere] = services;
    const planned = await plan({
      ...rest,
      nodes: [
        ...nodes.slice(0, 2).map((node: object) => ({ ...node, availability: 'drain' })),
        { ...nodes[2], role: 'worker' },
      ],
      networks: [{ ...networks[0], attachable: false, subnets: [{ subnet: '10.78.0.0/24' }] }],
      services: [
        { name: 'whole', image: 'bb:1', replicas: 5 },
        { name: 'everywhere', image: everywhere.image, mode: 'replicated', replicas: 1 },
        { ...whole, name: 'plain' },
      ],
    });
    const ends = planned.steps.slice(-3);
    expect(ends).toMatchObject([
      { key: 'service:whole', mutation: 'scaleService', differences: [{ path: 'replicas' }] },
      { key: 'service:plain', mutation: 'updateService' },
      { key: 'availability:drain', mutation: 'drainNodes', name: `${nameOf(0)}, ${nameOf(1)}` },
    ]);
    const fixed = planned.differences.filter(({ changeable }: { changeable: boolean }) => !changeable);
    expect(fixed.map(({ name, path }: { name: string; path: string }) => `${name} ${path}`)).toEqual([
      'backend attachable',
      'backend subnets',
      'everywhere mode',
      'everywhere replicas',
    ]);
    expect(planned.undeclared.map(({ name }: { name: string }) => name)).toEqual(['by-hand']);
  });

  it('finds the cluster by its id, too, and is null for an id that is unknown', async () => {
    const { planFleet } = await system.ask(
      '{ planFleet(document: "{skepFleet: 1, cluster: aaaaaaaaaaaaaaaaaaaaaaaaa, nodes: [{match: {name: \'*\'}, role: manager}]}") { inSync } }',
    );
    expect(planFleet).toBeNull();
    expect(await plan({ ...declared(), cluster })).toMatchObject({ clusterId: cluster });
  });
});
