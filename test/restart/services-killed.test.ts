// The server is killed while it changes services, or moves them over to a new secret: each change is made once, and what
// came of it is said.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { begunTwice, effects } from '../support/commands.ts';
import { type EngineApi, engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { faultsOfHistory } from '../support/history.ts';
import { killedAt } from '../support/killed.ts';
import { begin, connected, ended, readOperation } from '../support/operations.ts';
import { createPerform } from '../support/perform.ts';
import { obedient } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const kinds = [
  { one: 'secret', all: 'secrets', list: 'Secrets', nameOf: 'SecretName', rotate: 'rotateSecret' },
  { one: 'config', all: 'configs', list: 'Configs', nameOf: 'ConfigName', rotate: 'rotateConfig' },
] as const;

describe(`a server that is killed while it changes services, on ${enginesNote}`, { timeout: 180_000 }, () => {
  const env: NodeJS.ProcessEnv = {};
  let system: System;
  let cluster: string;
  let api: EngineApi;

  const perform = (mutation: string, input: Record<string, unknown>) =>
    createPerform(system.server.url, system.server.adminKey)(mutation, { cluster, ...input });
  const container = async (service: string): Promise<any> =>
    (await api.get(`/services/${service}`)).Spec.TaskTemplate.ContainerSpec;
  const updates = (service: string) =>
    effects(system.members).filter(
      ({ kind, args, result }) =>
        kind === 'UpdateService' && args.service === service && result?.changed === true,
    );

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1, env });
    cluster = await system.formSwarm();
    const { host } = at(system.members, 0);
    api = engineOf(host);
    await host.importImage?.();
  });
  afterAll(() => system?.stop());

  const make = async (name: string, more: object = {}): Promise<string> => {
    const made = await perform('createService', {
      name,
      image: 'bb:1',
      command: obedient,
      endpointMode: 'DNSRR',
      restartPolicy: { condition: 'ANY', delaySeconds: 0.1 },
      updateConfig: { failureAction: 'ROLLBACK', monitorSeconds: 1 },
      ...more,
    });
    expect(made).toMatchObject({ state: 'SUCCEEDED' });
    return made.targets[0].id;
  };

  describe('updateService', () => {
    let id: string;
    beforeAll(async () => {
      id = await make('web');
    });

    it.each([
      ['operation.lockTaken'],
      ['command.beforeRow'],
      ['command.beforeSend'],
      ['command.afterSend'],
      ['command.beforeResult'],
      ['command.afterResult'],
      ['operation.observed'],
      ['audit.afterOutcome'],
    ])('killed at %s: it is changed once', async (place) => {
      const build = { key: 'build', value: place };
      const before = updates(id).length;
      const operation = await killedAt(system, env, place, 'updateService', {
        cluster,
        service: 'web',
        containerLabels: [build],
      });
      expect(operation).toMatchObject({ state: 'SUCCEEDED', targets: [{ id, state: 'SUCCEEDED' }] });
      expect((await container('web')).Labels).toEqual({ build: place });
      expect(updates(id)).toHaveLength(before + 1);
    });

    it('killed while a change that fails converges: it is told that the managers took it back', async () => {
      await connected(system.ask);
      const { id: operation } = await begin(system.ask, 'updateService', {
        cluster,
        service: 'web',
        image: 'nosuch:9',
      });
      await until(
        async () =>
          (await readOperation(system.ask, operation)).steps.some(({ name }: any) => name === 'converge'),
        'it converges',
      );
      await system.server.kill9();
      await system.server.start();
      const end = await ended(system.ask, operation);
      expect(end).toMatchObject({ state: 'FAILED', failure: { code: 'ROLLED_BACK' } });
      expect((await container('web')).Image).toBe('bb:1');
    });

    it('with an environment: what was not sent cannot be, since none is kept', async () => {
      const asked = { cluster, service: 'web', env: [{ name: 'PASS', value: 'hush-hush-env' }] };
      const queued = await killedAt(system, env, 'operation.lockTaken', 'updateService', asked);
      expect(queued).toMatchObject({ state: 'FAILED', failure: { code: 'INTERRUPTED' } });
      const begun = await killedAt(system, env, 'command.beforeSend', 'updateService', asked);
      expect(begun).toMatchObject({ state: 'UNRESOLVED', failure: { code: 'OUTCOME_UNKNOWN' } });
      expect((await container('web')).Env).toBeUndefined();
    });
  });

  describe.each(kinds)('$rotate', ({ one, all, list, nameOf, rotate }) => {
    const old = `${one}-pass`;
    const value = `hush-hush-${one}-value`;
    let ids: string[];
    let current = old;

    beforeAll(async () => {
      const create = rotate.replace('rotate', 'create');
      expect(await perform(create, { name: old, value })).toMatchObject({ state: 'SUCCEEDED' });
      const files = { [all]: [{ ref: old, fileName: '/etc/pass' }] };
      ids = [await make(`a${one}`, files), await make(`b${one}`, files)];
    });

    const used = async (): Promise<string[]> =>
      Promise.all([`a${one}`, `b${one}`].map(async (name) => (await container(name))[list][0][nameOf]));
    const asked = () => ({ cluster, [one]: current, value });

    it('killed before the new one was sent: nothing is done, and it has to be asked again', async () => {
      const operation = await killedAt(system, env, 'command.beforeSend', rotate, asked());
      expect(operation).toMatchObject({ state: 'FAILED', failure: { code: 'INTERRUPTED' } });
      expect(operation.failure.hint).toContain('ask again');
      expect(await used()).toEqual([old, old]);
      expect((await api.get(`/${all}`)).map(({ Spec }: any) => Spec.Name)).toEqual([old]);
    });

    it.each([
      ['the new one is there', 'command.beforeResult@1'],
      ['the first service is about to be changed', 'command.beforeSend@2'],
      ['it was changed', 'command.beforeResult@2'],
      ['the second is about to be', 'command.beforeRow@3'],
      ['both are changed', 'operation.observed@1'],
    ])('killed when %s: it goes on', async (_, place) => {
      const counts = ids.map((id) => updates(id).length);
      const before = (await api.get(`/${all}`)).length;
      const operation = await killedAt(system, env, place, rotate, asked());
      expect(operation).toMatchObject({ state: 'SUCCEEDED', failure: null });
      const [made] = operation.targets;
      expect(made.name).not.toBe(current);
      expect(await used()).toEqual([made.name, made.name]);
      expect(await api.get(`/${all}`)).toHaveLength(before + 1);
      expect(ids.map((id) => updates(id).length)).toEqual(counts.map((count) => count + 1));
      current = made.name;
    });

    it('killed while it removes the old one: it is gone, and so it is said', async () => {
      const operation = await killedAt(system, env, 'command.beforeResult@4', rotate, {
        ...asked(),
        removeOld: true,
      });
      expect(operation).toMatchObject({ state: 'SUCCEEDED' });
      expect((await api.get(`/${all}`)).map(({ Spec }: any) => Spec.Name)).not.toContain(current);
    });
  });

  it('leaves a history without a fault, and no value on a disk', async () => {
    await connected(system.ask);
    expect(begunTwice(system.members)).toEqual([]);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
    const ours = readdirSync(system.dir, { recursive: true, encoding: 'utf8' })
      .map((name) => join(system.dir, name))
      .filter((path) => /(?:\.db(?:-wal)?|\.jsonl|\.log)$/.test(path) && statSync(path).isFile());
    expect(ours.length).toBeGreaterThan(2);
    const words = ['hush-hush', Buffer.from('hush-hush').toString('base64').slice(0, 11)];
    const leaks = ours.filter((path) => words.some((word) => readFileSync(path).includes(word)));
    expect(leaks.filter((path) => !path.includes('dockerd'))).toEqual([]);
  });
});
