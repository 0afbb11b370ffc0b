// applyFleet through the front door: refused first, then three hosts to a swarm in one call, nothing the second time, drift
// when somebody changes it without Skep, and a server that is killed in the middle.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { callDocker, changeNode, docker } from '../support/docker.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { readAudit } from '../support/history.ts';
import type { Subscriber } from '../support/live.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { obedient } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';
import { transports } from '../support/transports.ts';
import { until } from '../support/until.ts';

const difference = 'kind name path declared actual';

describe(`applyFleet, on ${enginesNote}`, { timeout: 240_000 }, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let drift: Subscriber;

  const nameOf = (index: number): string => at(system.members, index).host.hostname;
  const manager = () => at(system.members, 0).host;
  const document = (change: object = {}): string =>
    JSON.stringify({
      skepFleet: 1,
      cluster: 'fleet',
      nodes: [
        { host: nameOf(0), role: 'manager', advertiseAddr: manager().address, labels: { zone: 'a' } },
        { host: nameOf(1), role: 'manager', labels: { zone: 'b' } },
        { host: nameOf(2), role: 'manager', labels: { zone: 'c' } },
      ],
      networks: [{ name: 'backend', attachable: true }],
      services: [
        {
          name: 'web',
          image: 'bb:1',
          command: obedient,
          replicas: 2,
          constraints: ['node.labels.zone == b'],
          networks: ['backend'],
          endpointMode: 'dnsrr',
          restartPolicy: { condition: 'any', delaySeconds: 0.1 },
        },
      ],
      ...change,
    });
  const apply = (change: object = {}, more: object = {}) =>
    perform('applyFleet', { document: document(change), waitSeconds: 120, ...more });
  const childrenOf = async (id: string): Promise<Record<string, any>[]> => {
    const { operation } = await system.ask(
      'query($id: ID!) { operation(id: $id) { children { id action state reason } } }',
      { id },
    );
    return operation.children;
  };
  const declared = async (): Promise<Record<string, any>> => {
    const { cluster: found } = await system.ask(
      `query($id: ID!) { cluster(id: $id) { fleet { appliedAt operation { id } actor { name } document driftSince failure { code } drift { ${difference} } } } }`,
      { id: cluster },
    );
    return found.fleet;
  };

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3, env: { SKEP_DRIFT_INTERVAL_MS: '2000' } });
    perform = createPerform(system.server.url, system.server.adminKey);
    await Promise.all(system.members.map(({ host }) => host.importImage?.()));
    drift = at(transports, 0).listen(
      system,
      `subscription { driftChanged { cursor kind clusterId drift { ${difference} } appeared { ${difference} } gone { ${difference} } } }`,
      {},
    );
  });
  afterAll(async () => {
    drift?.stop();
    await system?.stop();
  });

  it('is refused where the document is wrong, names what is not there, or holds a secret', async () => {
    await expect(apply({ nodes: [{ host: nameOf(0), role: 'boss' }] })).rejects.toThrow(/BAD_USER_INPUT/);
    await expect(
      apply({
        services: [
          { name: 'web', image: 'bb:1', labels: { token: `SWMTKN-1-${'a'.repeat(50)}-${'b'.repeat(25)}` } },
        ],
      }),
    ).rejects.toThrow(/BAD_USER_INPUT.*token/s);
    expect(await apply({ nodes: [{ host: 'nosuch', role: 'manager' }] })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NOT_FOUND' },
    });
    expect(await apply({ cluster: 'a'.repeat(25) })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NOT_FOUND' },
    });
  });

  it('shows beforehand what it would do, and does nothing of it', async () => {
    const dry = await apply({}, { dryRun: true });
    expect(dry).toMatchObject({ state: 'SUCCEEDED' });
    expect(dry.targets.map(({ name }: any) => name.split(' ')[0])).toEqual([
      'initCluster',
      'joinHosts',
      'updateNodeLabels',
      'createNetwork',
      'createService',
    ]);
    const { Swarm } = await engineOf(manager()).get('/info');
    expect(Swarm.LocalNodeState).toBe('inactive');
  });

  it('takes three hosts to a swarm of three managers with labels, a network and a service, in one call', async () => {
    const done = await apply({}, { reason: 'the first of all' });
    expect([done.failure, done.targets.map(({ failure }: any) => failure)]).toEqual([
      null,
      done.targets.map(() => null),
    ]);
    expect(done).toMatchObject({
      state: 'SUCCEEDED',
      progress: { done: 5, total: 5, unit: 'steps' },
    });
    expect(done.observedAt).not.toBeNull();
    const children = await childrenOf(done.id);
    expect(children.map(({ action, state }) => `${action} ${state}`)).toEqual([
      'initCluster SUCCEEDED',
      'joinHosts SUCCEEDED',
      'updateNodeLabels SUCCEEDED',
      'createNetwork SUCCEEDED',
      'createService SUCCEEDED',
    ]);
    for (const { reason } of children) expect(reason).toBe(`fleet ${done.id}: the first of all`);
    const nodes = await engineOf(manager()).nodes();
    expect(
      [0, 1, 2].map((index) => {
        const { Spec, ManagerStatus } = nodes[nameOf(index)];
        return [Spec.Role, ManagerStatus.Reachability, Spec.Labels];
      }),
    ).toEqual(['a', 'b', 'c'].map((zone) => ['manager', 'reachable', { zone }]));
    expect(await engineOf(manager()).get('/networks/backend')).toMatchObject({ Attachable: true });
    expect(await engineOf(manager()).get('/services/web')).toMatchObject({
      Spec: { Mode: { Replicated: { Replicas: 2 } } },
    });
    cluster = done.clusterId.id;
    expect(await declared()).toMatchObject({
      operation: { id: done.id },
      document: document(),
      drift: [],
      driftSince: null,
      failure: null,
    });
    await drift.next(({ kind, clusterId }) => kind === 'ADDED' && clusterId === cluster, 'it is declared');
  });

  /** What any write would move. */
  const versions = async (): Promise<unknown> => {
    const { get } = engineOf(manager());
    const [nodes, services, networks] = [await get('/nodes'), await get('/services'), await get('/networks')];
    return [
      [...nodes, ...services].map(({ ID, Version, Spec }: any) => [ID, Spec, Version.Index]),
      networks.filter(({ Scope }: any) => Scope === 'swarm').map(({ Id }: any) => Id),
    ];
  };

  it('does nothing the second time', async () => {
    const before = await until(async () => {
      const one = JSON.stringify(await versions());
      return one === JSON.stringify(await versions()) ? one : null;
    }, 'nothing moves by itself');
    const again = await apply();
    expect(again).toMatchObject({ state: 'SUCCEEDED', targets: [], failure: null });
    expect(await childrenOf(again.id)).toEqual([]);
    expect(JSON.stringify(await versions())).toBe(before);
  });

  it('tells what somebody changes without Skep as drift, reverts nothing, and that it is as declared again', async () => {
    const nodes = await engineOf(manager()).nodes();
    const { ID } = nodes[nameOf(2)];
    // An agent of the simulated engine has no CLI.
    if (engines.kind === 'real') await docker(manager(), 'node', 'update', '--label-add', 'zone=x', ID);
    else await changeNode(manager(), ID, () => ({ Labels: { zone: 'x' } }));
    const label = { kind: 'NODE', name: nameOf(2), path: 'labels.zone', declared: 'c', actual: 'x' };
    expect(
      await drift.next(
        ({ appeared }) => appeared.some(({ path }: any) => path === 'labels.zone'),
        'the label drifts',
      ),
    ).toMatchObject({ kind: 'UPDATED', clusterId: cluster, drift: [label], appeared: [label], gone: [] });
    const { ID: service, Version, Spec } = await engineOf(manager()).get('/services/web');
    Spec.Mode.Replicated.Replicas = 1;
    await callDocker(manager(), 'POST', `/services/${service}/update?version=${Version.Index}`, Spec);
    const scaled = { kind: 'SERVICE', name: 'web', path: 'replicas', declared: 2, actual: 1 };
    expect(
      await drift.next(
        ({ appeared }) => appeared.some(({ path }: any) => path === 'replicas'),
        'the service drifts',
      ),
    ).toMatchObject({ drift: [label, scaled], appeared: [scaled] });
    expect(await declared()).toMatchObject({ drift: [label, scaled], driftSince: expect.any(String) });
    expect((await engineOf(manager()).nodes())[nameOf(2)].Spec.Labels).toEqual({ zone: 'x' });

    await changeNode(manager(), ID, () => ({ Labels: { zone: 'c' } }));
    await drift.next(
      ({ gone }) => gone.some(({ path }: any) => path === 'labels.zone'),
      'the label is as declared',
    );
    const mended = await apply();
    expect(mended).toMatchObject({ state: 'SUCCEEDED' });
    expect((await childrenOf(mended.id)).map(({ action }) => action)).toEqual(['scaleService']);
    expect(await declared()).toMatchObject({ drift: [], driftSince: null, operation: { id: mended.id } });
  });

  it('is refused what Docker never changes in place, with what to do', async () => {
    expect(await apply({ networks: [{ name: 'backend', attachable: false }] })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'FLEET_UNCHANGEABLE', message: expect.stringContaining('backend attachable') },
    });
  });

  it('is refused by the guards of its steps, before anything is begun', async () => {
    const nodes = [0, 1, 2].map((index) => ({
      host: nameOf(index),
      role: index === 0 ? 'manager' : 'worker',
    }));
    const refused = await apply({ nodes });
    expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'NO_FAULT_TOLERANCE' } });
    expect(await childrenOf(refused.id)).toEqual([]);
  });

  it('stops at the first step that fails, and goes on there when it is applied again', async () => {
    const services = [
      {
        name: 'broken',
        image: 'nosuch:9',
        replicas: 1,
        endpointMode: 'dnsrr',
        restartPolicy: { condition: 'none' },
        deadlineSeconds: 3,
      },
      { name: 'fine', image: 'bb:1', command: obedient, replicas: 1, endpointMode: 'dnsrr' },
    ];
    const failed = await apply({ services });
    expect(failed.state).toBe('FAILED');
    expect(failed.targets.map(({ state, failure }: any) => [state, failure?.code])).toEqual([
      ['FAILED', 'NOT_CONVERGED'],
      ['SKIPPED', 'NOT_BEGUN'],
    ]);
    // What it was declared to be is still the last one that was reached.
    expect((await declared()).document).toBe(document());
    const done = await apply({ services: services.slice(1) });
    expect(done.state).toBe('SUCCEEDED');
    await callDocker(manager(), 'DELETE', '/services/broken');
  });

  it('goes on after the server was killed, and does nothing twice', async () => {
    const services = ['one', 'two', 'three'].map((name) => ({
      name,
      image: 'bb:1',
      command: obedient,
      replicas: 1,
      endpointMode: 'dnsrr',
      updateConfig: { monitorSeconds: 1 },
    }));
    const { id } = await apply({ services }, { waitSeconds: 0 });
    await until(async () => (await childrenOf(id)).length === 2, 'the second service is being made');
    await system.server.kill9();
    await system.server.start();
    const { operation } = await until(
      async () => {
        const found = await system.ask(
          'query($id: ID!) { operation(id: $id) { state failure { code message } targets { name state failure { code message } } } }',
          { id },
        );
        return ['QUEUED', 'RUNNING', 'UNKNOWN'].includes(found.operation.state) ? null : found;
      },
      'it has ended',
      120_000,
    );
    expect(operation).toMatchObject({ state: 'SUCCEEDED', failure: null });
    expect((await childrenOf(id)).map(({ action, state }) => `${action} ${state}`)).toEqual(
      services.map(() => 'createService SUCCEEDED'),
    );
    const made = (await readAudit(system.ask, { action: 'createService' })).filter(
      ({ phase, targets }) => phase === 'INTENT' && services.some(({ name }) => name === targets[0]?.name),
    );
    expect(made.map(({ targets }) => targets[0]?.name)).toEqual(['one', 'two', 'three']);
  });

  it('is forgotten when somebody says so, and the cluster stays as it is', async () => {
    const forgotten = await perform('forgetFleet', { cluster });
    expect(forgotten).toMatchObject({ state: 'SUCCEEDED' });
    expect(await declared()).toBeNull();
    expect(await perform('forgetFleet', { cluster })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NOT_FOUND' },
    });
    expect(Object.keys(await engineOf(manager()).nodes())).toHaveLength(3);
  });
});
