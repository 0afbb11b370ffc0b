// Services, networks, secrets and configs that are changed without Skep reach subscribers and the audit; what Skep changes is
// never taken for somebody else's.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/host.ts';
import { at } from '../support/at.ts';
import { callDocker } from '../support/docker.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { auditHead, readAudit, readExternal } from '../support/history.ts';
import type { Subscriber } from '../support/live.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { createService, obedient } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';
import { transports } from '../support/transports.ts';
import { until } from '../support/until.ts';

type Spec = Record<string, any>;

describe(`objects of a swarm, on ${enginesNote}`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let manager: LabHost;
  let services: Subscriber;
  let others: Subscriber[];

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    manager = at(system.members, 0).host;
    await Promise.all(system.members.map(({ host }) => host.importImage?.()));
    const listen = (query: string) => at(transports, 0).listen(system, query, {});
    services = listen(
      'subscription { serviceChanged { cursor kind service { id name replicas runningTasks env { name value } updateStatus { state startedAt } } changes { path old new } operation { id } } }',
    );
    others = ['network', 'secret', 'config'].map((word) =>
      listen(
        `subscription { ${word}Changed { cursor kind id name clusterId changes { path } operation { id } } }`,
      ),
    );
  });
  afterAll(async () => {
    for (const each of [services, ...(others ?? [])]) each?.stop();
    await system?.stop();
  });

  /** As the CLI does it: reads, changes, writes with the version that it read. */
  const change = async (name: string, with_: (spec: Spec) => void): Promise<void> => {
    for (let tried = 0; ; tried += 1) {
      const { ID, Version, Spec } = await callDocker<any>(manager, 'GET', `/services/${name}`);
      with_(Spec);
      try {
        await callDocker(manager, 'POST', `/services/${ID}/update?version=${Version.Index}`, Spec);
        return;
      } catch (error) {
        if (tried > 20 || !/out of sequence/.test(String(error))) throw error;
      }
    }
  };
  const external = async (head: number) =>
    (await readExternal(system.ask, head)).map(({ action, targets, changes }) => ({
      action,
      name: targets[0]?.name,
      changes,
    }));
  const heard = (kind: string, name: string) => (event: Record<string, any>) =>
    event.kind === kind && (event.service?.name ?? event.name) === name;
  const settled = async (name: string): Promise<void> => {
    await until(async () => {
      const { service } = await system.ask(
        'query($id: ID!, $cluster: ID!) { service(id: $id, cluster: $cluster) { runningTasks desiredTasks } }',
        { id: name, cluster },
      );
      return service.runningTasks === service.desiredTasks;
    }, `${name} runs`);
  };

  it('are told and on record when somebody makes, scales and removes a service without Skep', {
    timeout: 90_000,
  }, async () => {
    const head = await auditHead(system.ask);
    const id = await createService(manager, { name: 'byhand', container: { Env: ['TOKEN=open-sesame'] } });
    const added = await services.next(heard('ADDED', 'byhand'), 'it was made');
    expect(added).toMatchObject({
      service: { id, replicas: 1, env: [{ name: 'TOKEN', value: null }] },
      operation: null,
    });
    await change('byhand', (spec) => {
      spec.Mode.Replicated.Replicas = 2;
    });
    const scaled = await services.next(
      (event) => event.changes.some(({ path }: any) => path === 'replicas'),
      'it was scaled',
    );
    expect(scaled.changes).toContainEqual({ path: 'replicas', old: 1, new: 2 });
    await services.next(
      (event) => heard('UPDATED', 'byhand')(event) && event.service.runningTasks === 2,
      'both run',
    );
    await change('byhand', (spec) => {
      spec.TaskTemplate.ContainerSpec.Env = ['TOKEN=close-sesame'];
    });
    await services.next(
      (event) => event.changes.some(({ path }: any) => path === 'env'),
      'its environment was changed',
    );
    await callDocker(manager, 'DELETE', `/services/${id}`);
    await services.next(heard('REMOVED', 'byhand'), 'it was removed');
    expect(await external(head)).toEqual([
      { action: 'serviceAdded', name: 'byhand', changes: [] },
      { action: 'serviceChanged', name: 'byhand', changes: [{ path: 'replicas', old: 1, new: 2 }] },
      {
        action: 'serviceChanged',
        name: 'byhand',
        changes: [{ path: 'env', old: '[redacted]', new: '[redacted]' }],
      },
      { action: 'serviceRemoved', name: 'byhand', changes: [] },
    ]);
    expect(JSON.stringify(services.received)).not.toContain('sesame');
    expect(JSON.stringify(await readAudit(system.ask))).not.toContain('sesame');
  });

  it('are nobody else’s when Skep makes, changes, scales, rolls back and removes a service', {
    timeout: 120_000,
  }, async () => {
    const head = await auditHead(system.ask);
    const made = await perform('createService', {
      cluster,
      name: 'ours',
      image: 'bb:1',
      command: obedient,
      env: [{ name: 'TOKEN', value: 'open-sesame' }],
      restartPolicy: { condition: 'ANY', delaySeconds: 0.1 },
      updateConfig: { monitorSeconds: 0.5 },
    });
    expect(made.state).toBe('SUCCEEDED');
    expect(await services.next(heard('ADDED', 'ours'), 'it was made')).toMatchObject({
      operation: { id: made.id },
    });
    const doings: [string, Record<string, unknown>][] = [
      [
        'updateService',
        { service: 'ours', labels: [{ key: 'team', value: 'a' }], env: [{ name: 'TOKEN', value: 'shut' }] },
      ],
      ['rollbackService', { service: 'ours' }],
      ['scaleService', { services: [{ service: 'ours', replicas: 3 }] }],
    ];
    for (const [mutation, input] of doings) {
      const done = await perform(mutation, { cluster, ...input });
      expect([mutation, done.state, done.failure]).toEqual([mutation, 'SUCCEEDED', null]);
      await services.next((event) => event.operation?.id === done.id, `${mutation} was seen as its own`);
    }
    const gone = await perform('removeService', { cluster, service: 'ours' });
    expect(gone.state).toBe('SUCCEEDED');
    expect(await services.next(heard('REMOVED', 'ours'), 'it was removed')).toMatchObject({
      operation: { id: gone.id },
    });
    expect(await external(head)).toEqual([]);
  });

  it('tell one’s own change from somebody else’s at the same time', { timeout: 90_000 }, async () => {
    await createService(manager, { name: 'both' });
    await services.next(heard('ADDED', 'both'), 'it was made');
    await settled('both');
    const head = await auditHead(system.ask);
    const [done] = await Promise.all([
      perform('scaleService', { cluster, services: [{ service: 'both', replicas: 2 }] }),
      change('both', (spec) => {
        spec.Labels = { by: 'hand' };
      }),
    ]);
    expect(done.state).toBe('SUCCEEDED');
    await until(async () => (await external(head)).length > 0, 'the label is on record');
    expect(await external(head)).toEqual([
      {
        action: 'serviceChanged',
        name: 'both',
        changes: [{ path: 'labels', old: [], new: [{ key: 'by', value: 'hand' }] }],
      },
    ]);
    await perform('removeService', { cluster, service: 'both' });
  });

  it('tell that the managers rolled a service back, which nobody did', { timeout: 120_000 }, async () => {
    await perform('createService', {
      cluster,
      name: 'fragile',
      image: 'bb:1',
      command: obedient,
      restartPolicy: { condition: 'NONE' },
      updateConfig: { failureAction: 'ROLLBACK', monitorSeconds: 1 },
      rollbackConfig: { monitorSeconds: 0.5 },
    });
    const head = await auditHead(system.ask);
    const failed = await perform('updateService', { cluster, service: 'fragile', image: 'nosuch:9' });
    expect(failed.failure?.code).toBe('ROLLED_BACK');
    await services.next(
      (event) =>
        heard('UPDATED', 'fragile')(event) && event.service.updateStatus?.state === 'ROLLBACK_COMPLETED',
      'it is as it was',
    );
    expect(await external(head)).toEqual([]);
    await perform('removeService', { cluster, service: 'fragile' });
  });

  it('are networks, secrets and configs too', { timeout: 90_000 }, async () => {
    const head = await auditHead(system.ask);
    const data = Buffer.from('open-sesame').toString('base64');
    const [network, secret, config] = others;
    await callDocker(manager, 'POST', '/networks/create', { Name: 'net', Driver: 'overlay' });
    await network?.next(heard('ADDED', 'net'), 'the network was made');
    await callDocker(manager, 'POST', '/secrets/create', { Name: 'sec', Data: data });
    await secret?.next(heard('ADDED', 'sec'), 'the secret was made');
    await callDocker(manager, 'POST', '/configs/create', { Name: 'con', Data: data });
    await config?.next(heard('ADDED', 'con'), 'the config was made');
    for (const [at, path] of [
      [network, 'networks/net'],
      [secret, 'secrets/sec'],
      [config, 'configs/con'],
    ] as const) {
      await callDocker(manager, 'DELETE', `/${path}`);
      await at?.next((event) => event.kind === 'REMOVED', `${path} was removed`);
    }
    expect((await external(head)).map(({ action, name }) => `${action} ${name}`)).toEqual([
      'networkAdded net',
      'secretAdded sec',
      'configAdded con',
      'networkRemoved net',
      'secretRemoved sec',
      'configRemoved con',
    ]);

    const later = await auditHead(system.ask);
    const ours: [string, Record<string, unknown>, Subscriber | undefined, string][] = [
      ['createNetwork', { name: 'mine' }, network, 'ADDED'],
      ['removeNetwork', { network: 'mine' }, network, 'REMOVED'],
      ['createSecret', { name: 'mine', value: 'open-sesame' }, secret, 'ADDED'],
      ['removeSecret', { secret: 'mine' }, secret, 'REMOVED'],
      ['createConfig', { name: 'mine', value: 'open-sesame' }, config, 'ADDED'],
      ['removeConfig', { config: 'mine' }, config, 'REMOVED'],
    ];
    for (const [mutation, input, feed, kind] of ours) {
      const done = await perform(mutation, { cluster, ...input });
      expect([mutation, done.state, done.failure]).toEqual([mutation, 'SUCCEEDED', null]);
      expect(await feed?.next(heard(kind, 'mine'), `${mutation} was told`)).toMatchObject({
        operation: { id: done.id },
      });
    }
    expect(await external(later)).toEqual([]);
  });

  it('say after a restart what was changed meanwhile, and nothing of what was there', {
    timeout: 90_000,
  }, async () => {
    await createService(manager, { name: 'kept' });
    await services.next(heard('ADDED', 'kept'), 'it was made');
    await settled('kept');
    const head = await auditHead(system.ask);
    await system.server.kill9();
    await change('kept', (spec) => {
      spec.Labels = { by: 'hand' };
    });
    await system.server.start();
    await until(async () => (await external(head)).length > 0, 'the label is on record');
    expect(await external(head)).toEqual([
      {
        action: 'serviceChanged',
        name: 'kept',
        changes: [{ path: 'labels', old: [], new: [{ key: 'by', value: 'hand' }] }],
      },
    ]);
    const { service } = await system.ask(
      'query($cluster: ID!) { service(id: "kept", cluster: $cluster) { history { action actor { kind } } } }',
      { cluster },
    );
    expect(service.history.map(({ action }: any) => action)).toEqual(['serviceChanged', 'serviceAdded']);
  });
});
