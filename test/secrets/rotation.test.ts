// Rotation through the front door: a new version under another name, services moved over to it, each file where it was.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callDocker, docker } from '../support/docker.ts';
import { type EngineApi, engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { obedient } from '../support/services.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const kinds = [
  { one: 'secret', all: 'secrets', list: 'Secrets', kind: 'SECRET', path: '/run/secrets/pw', file: 'pw' },
  { one: 'config', all: 'configs', list: 'Configs', kind: 'CONFIG', path: '/etc/pw', file: '/etc/pw' },
] as const;
type Kind = (typeof kinds)[number];
const mutationOf = (verb: string, { one }: Kind): string =>
  `${verb}${one.charAt(0).toUpperCase()}${one.slice(1)}`;

describe(`rotation, on ${enginesNote}`, { timeout: 180_000 }, () => {
  let system: System;
  let perform: Perform;
  let api: EngineApi;
  let member: Member;
  let cluster: string;

  beforeAll(async () => {
    const allow = 'default,services:privileged,services';
    system = await startSystem({ engines, hosts: 1, agentEnv: () => ({ SKEP_AGENT_ALLOW: allow }) });
    cluster = await system.formSwarm();
    const [first] = system.members;
    if (!first) throw new Error('a host is needed');
    member = first;
    api = engineOf(first.host);
    await first.host.importImage?.();
    perform = createPerform(system.server.url, system.server.adminKey);
  });
  afterAll(() => system?.stop());

  const keyOf = async (role: string, permissions: string[] = []): Promise<Perform> => {
    const { payload } = await perform('createApiKey', { name: `${role}-${permissions}`, role, permissions });
    return createPerform(system.server.url, payload.key);
  };
  const listed = async ({ all }: Kind, text: string): Promise<any[]> => {
    const answer = await system.ask(
      `query($cluster: ID, $text: String) { ${all}(cluster: $cluster, text: $text) { edges { node { id name rotationOf labels { key value } services { name files } } } } }`,
      { cluster, text },
    );
    return answer[all].edges.map(({ node }: any) => node);
  };
  const make = async (kind: Kind, name: string, services: Record<string, object>): Promise<string> => {
    const made = await perform(mutationOf('create', kind), {
      cluster,
      name,
      value: 'first',
      labels: [{ key: 'team', value: 'web' }],
    });
    expect(made).toMatchObject({ state: 'SUCCEEDED' });
    for (const [service, more] of Object.entries(services)) {
      const files = [{ ref: name, fileName: kind.file, uid: '7', gid: '8', mode: 0o440 }];
      const input = {
        cluster,
        name: service,
        image: 'bb:1',
        command: obedient,
        endpointMode: 'DNSRR',
        restartPolicy: { condition: 'ANY', delaySeconds: 0.1 },
        updateConfig: { failureAction: 'ROLLBACK', monitorSeconds: 1 },
        [kind.all]: files,
        ...more,
      };
      expect(await perform('createService', input)).toMatchObject({ state: 'SUCCEEDED' });
    }
    return made.targets[0].id;
  };
  const removeAll = async (...services: string[]): Promise<void> => {
    for (const service of services)
      expect(await perform('removeService', { cluster, service })).toMatchObject({ state: 'SUCCEEDED' });
  };
  const filesOf = async (service: string, { list }: Kind): Promise<any[]> =>
    (await api.get(`/services/${service}`)).Spec.TaskTemplate.ContainerSpec[list];
  /** What the container of its only running task reads there. */
  const reads = async (service: string, path: string): Promise<string> => {
    const filters = encodeURIComponent(
      JSON.stringify({ label: [`com.docker.swarm.service.name=${service}`], status: ['running'] }),
    );
    const containers = await callDocker<{ Id: string }[]>(
      member.host,
      'GET',
      `/containers/json?filters=${filters}`,
    );
    const [container] = containers;
    if (!container) throw new Error(`no container of ${service}`);
    return (await docker(member.host, 'exec', container.Id, 'cat', path)).trim();
  };

  describe.each(kinds)('of a $one', (kind) => {
    const { one } = kind;
    const rotate = mutationOf('rotate', kind);
    const input = { value: 'second' };

    it('is refused where it could not end, or the caller may not', async () => {
      const old = await make(kind, `${one}.r`, { [`user${one}`]: {}, [`other${one}`]: { [kind.all]: null } });
      const asked = { cluster, [one]: `${one}.r`, ...input };
      const half = await keyOf('VIEWER', [`${one}:write`]);
      for (const dryRun of [true, false]) {
        for (const [more, code, words] of [
          [{ [one]: 'nosuch' }, 'NOT_FOUND', 'nosuch'],
          [{ name: `${one}.r` }, 'NAME_TAKEN', `${one}.r`],
          [{ services: ['nosuch'] }, 'NOT_FOUND', 'nosuch'],
          [{ services: [`other${one}`] }, 'INVALID_ARGUMENT', `other${one} does not use`],
          [{ services: [], removeOld: true }, 'IN_USE', `user${one}`],
        ] as const) {
          const refused = await perform(rotate, { ...asked, dryRun, ...more });
          expect(refused).toMatchObject({ state: 'REFUSED', failure: { code } });
          expect(refused.failure.message).toContain(words);
        }
        expect(await half(rotate, { ...asked, dryRun })).toMatchObject({
          state: 'REFUSED',
          failure: { code: 'FORBIDDEN', message: expect.stringContaining('service:write') },
        });
      }
      const long = 'x'.repeat(63);
      await perform(mutationOf('create', kind), { cluster, name: long, value: 'v' });
      expect(await perform.error(rotate, { ...asked, [one]: long })).toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringContaining('longer than 64'),
      });
      expect(await perform.error(rotate, { ...asked, value: '' })).toMatchObject({ code: 'BAD_USER_INPUT' });
      expect(await listed(kind, `${one}.r`)).toMatchObject([{ id: old, services: [{ name: `user${one}` }] }]);
      await removeAll(`user${one}`, `other${one}`);
    });

    it('moves all that use it over, one after the other, and removes the old one if asked', async () => {
      const name = `${one}-password`;
      const old = await make(kind, name, { [`b${one}`]: {}, [`a${one}`]: {} });
      const asked = { cluster, [one]: name, ...input, removeOld: true };
      const shown = await perform(rotate, { ...asked, dryRun: true });
      expect(shown.targets.map((target: any) => target.name)).toEqual([
        `${name}-v2`,
        `a${one}`,
        `b${one}`,
        name,
      ]);
      const done = await perform(rotate, { ...asked, waitSeconds: 100 });
      expect(done).toMatchObject({ state: 'SUCCEEDED', failure: null, warnings: [] });
      expect(done.targets).toMatchObject([
        { kind: kind.kind, name: `${name}-v2`, state: 'SUCCEEDED' },
        { kind: 'SERVICE', name: `a${one}`, state: 'SUCCEEDED' },
        { kind: 'SERVICE', name: `b${one}`, state: 'SUCCEEDED' },
        { kind: kind.kind, id: old, name, state: 'SUCCEEDED' },
      ]);
      const [made] = done.targets;
      const File = { Name: kind.file, UID: '7', GID: '8', Mode: 0o440 };
      const word = kind.one === 'secret' ? 'Secret' : 'Config';
      for (const service of [`a${one}`, `b${one}`])
        expect(await filesOf(service, kind)).toEqual([
          { File, [`${word}ID`]: made.id, [`${word}Name`]: `${name}-v2` },
        ]);
      const begun = done.steps.filter((step: any) => step.name === 'update' || step.name === 'converge');
      expect(begun.map((step: any) => step.name)).toEqual(['update', 'converge', 'update', 'converge']);
      expect(await listed(kind, name)).toEqual([
        {
          id: made.id,
          name: `${name}-v2`,
          rotationOf: name,
          labels: expect.arrayContaining([
            { key: 'team', value: 'web' },
            { key: 'skep.rotation-of', value: name },
          ]),
          services: [
            { name: `a${one}`, files: [kind.file] },
            { name: `b${one}`, files: [kind.file] },
          ],
        },
      ]);
      if (engines.kind === 'real') expect(await reads(`a${one}`, kind.path)).toBe('second');
    });

    it('moves only those that are named, says who stays, and counts the version up', async () => {
      const name = `${one}-password-v2`;
      const shown = await perform(rotate, {
        cluster,
        [one]: name,
        value: 'third',
        services: [`b${one}`],
      });
      expect(shown).toMatchObject({
        state: 'SUCCEEDED',
        warnings: [{ code: 'STILL_USED', message: expect.stringContaining(`a${one}`) }],
        targets: [{ name: `${one}-password-v3` }, { name: `b${one}` }],
      });
      expect(await listed(kind, `${one}-password`)).toMatchObject([
        { name, services: [{ name: `a${one}` }] },
        { name: `${one}-password-v3`, rotationOf: name, services: [{ name: `b${one}` }] },
      ]);
      if (engines.kind === 'real')
        expect([await reads(`a${one}`, kind.path), await reads(`b${one}`, kind.path)]).toEqual([
          'second',
          'third',
        ]);
      await removeAll(`a${one}`, `b${one}`);
    });

    it('stops at a service that does not bear the new value, which has the old one again', async () => {
      const name = `${one}.spoilt`;
      const command = ['sh', '-c', `grep -q spoilt ${kind.path} && exit 1; ${obedient[2]}`];
      const old = await make(kind, name, {
        [`one${one}`]: {},
        [`two${one}`]: { command },
        [`xyz${one}`]: {},
      });
      const failed = await perform(rotate, {
        cluster,
        [one]: old,
        value: 'spoilt',
        removeOld: true,
        waitSeconds: 100,
      });
      expect(failed).toMatchObject({ state: 'FAILED', failure: { code: 'PARTIAL' } });
      expect(failed.targets).toMatchObject([
        { name: `${name}-v2`, state: 'SUCCEEDED' },
        { name: `one${one}`, state: 'SUCCEEDED' },
        { name: `two${one}`, state: 'FAILED', failure: { code: 'ROLLED_BACK' } },
        { name: `xyz${one}`, state: 'SKIPPED', failure: { code: 'NOT_BEGUN' } },
        { name, state: 'SKIPPED', failure: { code: 'NOT_BEGUN', message: expect.stringContaining('kept') } },
      ]);
      expect(failed.failure.message).toContain(
        `${name} is used by two${one}, xyz${one}, ${name}-v2 is used by one${one}`,
      );
      expect(await listed(kind, name)).toMatchObject([
        { id: old, services: [{ name: `two${one}` }, { name: `xyz${one}` }] },
        { name: `${name}-v2`, services: [{ name: `one${one}` }] },
      ]);
      if (engines.kind === 'real')
        await until(async () => (await reads(`two${one}`, kind.path)) === 'first', 'it runs as before');
      await removeAll(`one${one}`, `two${one}`, `xyz${one}`);
    });

    it('of what a privileged service uses needs the right to change it', async () => {
      const mounts = [{ type: 'BIND', source: '/srv', target: '/srv' }];
      await make(kind, `${one}.bound`, { [`bound${one}`]: { mounts } });
      const asked = { cluster, [one]: `${one}.bound`, ...input };
      const plain = await keyOf('ADMIN');
      expect(await plain(rotate, asked)).toMatchObject({
        state: 'REFUSED',
        failure: { code: 'FORBIDDEN', message: expect.stringContaining('service:privileged') },
      });
      const may = await keyOf('ADMIN', ['service:privileged']);
      expect(await may(rotate, asked)).toMatchObject({ state: 'SUCCEEDED' });
      await removeAll(`bound${one}`);
    });
  });
});
