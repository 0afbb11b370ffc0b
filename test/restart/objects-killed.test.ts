// The server is killed while a network, a secret or a config is made: it is made once or not at all, and that is what is said.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { begunTwice } from '../support/commands.ts';
import { type EngineApi, engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { faultsOfHistory } from '../support/history.ts';
import { killedAt } from '../support/killed.ts';
import { type System, startSystem } from '../support/system.ts';

describe(`a server that is killed while it makes something, on ${enginesNote}`, { timeout: 120_000 }, () => {
  const env: NodeJS.ProcessEnv = {};
  let system: System;
  let cluster: string;
  let api: EngineApi;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1, env });
    cluster = await system.formSwarm();
    api = engineOf(at(system.members, 0).host);
  });
  afterAll(() => system?.stop());

  const named = async (path: string, name: string): Promise<number> =>
    (await api.get(path)).filter((each: any) => (each.Name ?? each.Spec.Name) === name).length;

  const made = [
    { mutation: 'createNetwork', path: '/networks', extra: {} },
    { mutation: 'createSecret', path: '/secrets', extra: { value: 'hush' } },
    { mutation: 'createConfig', path: '/configs', extra: { value: 'hush' } },
  ];

  it.each(made)(
    '$mutation: the result that was on its way is found again',
    async ({ mutation, path, extra }) => {
      const operation = await killedAt(system, env, 'command.beforeResult', mutation, {
        cluster,
        name: 'found',
        ...extra,
      });
      expect(operation).toMatchObject({
        state: 'SUCCEEDED',
        targets: [{ name: 'found', state: 'SUCCEEDED' }],
      });
      expect(await named(path, 'found')).toBe(1);
    },
  );

  it('createNetwork: what was not sent is sent', async () => {
    const operation = await killedAt(system, env, 'command.beforeSend', 'createNetwork', {
      cluster,
      name: 'later',
    });
    expect(operation).toMatchObject({ state: 'SUCCEEDED' });
    expect(await named('/networks', 'later')).toBe(1);
  });

  it.each(made.slice(1))('$mutation: what was not sent cannot be, since no value is kept', async (each) => {
    const operation = await killedAt(system, env, 'command.beforeSend', each.mutation, {
      cluster,
      name: 'later',
      ...each.extra,
    });
    expect(operation).toMatchObject({ state: 'FAILED', failure: { code: 'INTERRUPTED' } });
    expect(await named(each.path, 'later')).toBe(0);
  });

  it('leaves a history without a fault', async () => {
    expect(begunTwice(system.members)).toEqual([]);
    expect(await faultsOfHistory(system.ask)).toEqual([]);
  });
});
