// Services that do not converge: somebody cancels meanwhile, or the managers pause the update. What is told, and what stays.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { type EngineApi, engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { begin, ended, readOperation } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { obedient } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe(`services that do not converge, on ${enginesNote}`, { timeout: 120_000 }, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let api: EngineApi;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    const { host } = at(system.members, 0);
    api = engineOf(host);
    await host.importImage?.();
  });
  afterAll(() => system?.stop());

  const nowhere = { constraints: ['node.labels.disk == none'] };
  const service = (name: string) => ({
    cluster,
    name,
    image: 'bb:1',
    command: obedient,
    endpointMode: 'DNSRR',
    restartPolicy: { condition: 'ANY', delaySeconds: 0.1 },
    updateConfig: { failureAction: 'PAUSE', monitorSeconds: 1 },
    rollbackConfig: { failureAction: 'PAUSE', monitorSeconds: 1 },
  });
  const specOf = async (name: string): Promise<any> => (await api.get(`/services/${name}`)).Spec;

  /** Begins, waits until `wanted` steps wait for convergence, cancels, and waits for the end. */
  const cancelled = async (mutation: string, input: object, wanted = 1): Promise<any> => {
    const { id } = await begin(system.ask, mutation, { cluster, ...input });
    await until(async () => {
      const { steps } = await readOperation(system.ask, id);
      const waiting = steps.filter(
        ({ name, state, detail }: any) =>
          ['converge', 'observe'].includes(name) && state === 'RUNNING' && detail !== null,
      );
      return waiting.length === wanted;
    }, 'it is waited for');
    expect(await perform('cancelOperation', { id })).toMatchObject({ state: 'SUCCEEDED' });
    return ended(system.ask, id);
  };
  const left = (name: string) => ({
    kind: 'SERVICE',
    name,
    state: 'SKIPPED',
    failure: { code: 'CANCELLED', message: `cancelled: the managers go on with ${name}` },
  });

  it('createService that is cancelled leaves the service, and says that the managers go on', async () => {
    const end = await cancelled('createService', { ...service('made'), ...nowhere });
    expect(end).toMatchObject({ state: 'CANCELLED', failure: null, targets: [left('made')] });
    expect((await specOf('made')).Name).toBe('made');
  });

  it('updateService that is cancelled leaves the change', async () => {
    expect(await perform('createService', service('changed'))).toMatchObject({ state: 'SUCCEEDED' });
    const end = await cancelled('updateService', { service: 'changed', args: ['x'], ...nowhere });
    expect(end).toMatchObject({ state: 'CANCELLED', failure: null, targets: [left('changed')] });
    expect((await specOf('changed')).TaskTemplate.ContainerSpec.Args).toEqual(['x']);
  });

  it('scaleService that is cancelled leaves what was scaled', async () => {
    const services = ['made', 'changed'].map((name) => ({ service: name, replicas: 3 }));
    const end = await cancelled('scaleService', { services }, 2);
    expect(end).toMatchObject({ state: 'CANCELLED', targets: [left('made'), left('changed')] });
    for (const name of ['made', 'changed'])
      expect((await specOf(name)).Mode).toEqual({ Replicated: { Replicas: 3 } });
    const [intent, outcome] = await system
      .ask('query($id: ID!) { operation(id: $id) { auditRecords { phase outcome } } }', { id: end.id })
      .then(({ operation }) =>
        operation.auditRecords.toSorted((a: any, b: any) => (a.phase < b.phase ? -1 : 1)),
      );
    expect([intent, outcome]).toMatchObject([
      { phase: 'INTENT' },
      { phase: 'OUTCOME', outcome: 'CANCELLED' },
    ]);
  });

  it('an update that fails is paused where its service says so, and can be rolled back', async () => {
    expect(await perform('createService', service('paused'))).toMatchObject({ state: 'SUCCEEDED' });
    const failed = await perform('updateService', { cluster, service: 'paused', image: 'nosuch:9' });
    expect(failed).toMatchObject({
      state: 'FAILED',
      failure: { code: 'UPDATE_PAUSED', message: expect.stringContaining('No such image') },
      targets: [{ name: 'paused', state: 'FAILED', failure: { code: 'UPDATE_PAUSED' } }],
    });
    expect((await api.get('/services/paused')).UpdateStatus.State).toBe('paused');
    expect((await specOf('paused')).TaskTemplate.ContainerSpec.Image).toBe('nosuch:9');
    const back = await perform('rollbackService', { cluster, service: 'paused' });
    expect(back).toMatchObject({ state: 'SUCCEEDED', failure: null });
    expect((await specOf('paused')).TaskTemplate.ContainerSpec.Image).toBe('bb:1');
  });

  it('so is a rollback, and the service can be updated again', async () => {
    const input = { ...service('twice'), image: 'nosuch:9', deadlineSeconds: 3 };
    expect(await perform('createService', input)).toMatchObject({ failure: { code: 'NOT_CONVERGED' } });
    const mended = await perform('updateService', { cluster, service: 'twice', image: 'bb:1' });
    expect(mended).toMatchObject({ state: 'SUCCEEDED' });
    const failed = await perform('rollbackService', { cluster, service: 'twice' });
    expect(failed).toMatchObject({
      state: 'FAILED',
      failure: { code: 'UPDATE_PAUSED', message: expect.stringContaining('rollback of twice') },
    });
    expect((await api.get('/services/twice')).UpdateStatus.State).toBe('rollback_paused');
    const again = await perform('updateService', { cluster, service: 'twice', image: 'bb:1' });
    expect(again).toMatchObject({ state: 'SUCCEEDED' });
  });
});
