// Swarm secrets and configs through the front door: refusals, what is made and used, and that no value stays anywhere.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callDocker, docker } from '../support/docker.ts';
import { type EngineApi, engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { createService, removeServices } from '../support/services.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

const kinds = [
  { one: 'secret', all: 'secrets', kind: 'SECRET', most: 511_999 },
  { one: 'config', all: 'configs', kind: 'CONFIG', most: 1_023_999 },
] as const;
type Kind = (typeof kinds)[number];
const mutationOf = (verb: string, { one }: Kind): string =>
  `${verb}${one.charAt(0).toUpperCase()}${one.slice(1)}`;

/** Every value that was given, as text. */
const given: string[] = [];
const secretText = (about: string): string => {
  const text = `hush-${about}-${Math.random().toString(36).slice(2)}-${'x'.repeat(20)}`;
  given.push(text);
  return text;
};

describe(`secrets and configs (${enginesNote})`, { timeout: 120_000 }, () => {
  let system: System;
  let perform: Perform;
  let api: EngineApi;
  let member: Member;
  let cluster: string;
  const said: unknown[] = [];

  const listed = async ({ all }: Kind, text = ''): Promise<any[]> => {
    const answer = await system.ask(
      `query($cluster: ID, $text: String) { ${all}(cluster: $cluster, text: $text) { totalCount edges { node { id name version createdAt updatedAt labels { key value } cluster { id } services { id name files } } } } }`,
      { cluster, text },
    );
    said.push(answer);
    return answer[all].edges.map(({ node }: any) => node);
  };

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    const [first] = system.members;
    if (!first) throw new Error('a host is needed');
    member = first;
    api = engineOf(first.host);
    await first.host.importImage?.();
  });
  afterAll(async () => {
    if (member) await removeServices(member.host);
    await system?.stop();
  });

  describe.each(kinds)('a $one', (kind) => {
    const create = mutationOf('create', kind);
    const remove = mutationOf('remove', kind);

    it('that no swarm takes is bad input, says why without its value, and is not on record', async () => {
      // Of this action alone: what was removed by hand before may be found just now.
      const stands = async () => [
        await readHistory(system.ask, { action: create }),
        await api.get(`/${kind.all}`),
      ];
      const before = await stands();
      const hushed = secretText('refused');
      for (const [input, words] of [
        [{ name: 'two words', value: hushed }, 'name: takes letters'],
        [{ name: 'x'.repeat(65), value: hushed }, 'name: is longer than 64'],
        [{ name: 'a', value: '' }, 'value: is empty'],
        [{ name: 'a', value: hushed, encoding: 'BASE64' }, 'value: is not base64'],
        [{ name: 'a', value: 'x'.repeat(kind.most + 1) }, `value: has ${kind.most + 1} bytes`],
      ] as const) {
        const error = await perform.error(create, { cluster, ...input });
        said.push(error);
        expect(error).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining(words) });
      }
      expect(await stands()).toEqual(before);
    });

    it('is made with its labels, is seen by the manager, and is on record without its value', async () => {
      const value = secretText('made');
      const done = await perform(create, {
        cluster,
        name: 'password',
        value,
        labels: [{ key: 'team', value: 'web' }],
        reason: 'for the shop',
      });
      said.push(done);
      expect(done).toMatchObject({ state: 'SUCCEEDED', targets: [{ kind: kind.kind, name: 'password' }] });
      expect(new Date(done.observedAt).getTime()).toBeGreaterThan(new Date(done.startedAt).getTime());
      const [theirs] = await api.get(`/${kind.all}`);
      expect(theirs).toMatchObject({
        ID: done.targets[0].id,
        Spec: { Name: 'password', Labels: { team: 'web' } },
      });
      if (kind.one === 'config') expect(Buffer.from(theirs.Spec.Data, 'base64').toString()).toBe(value);
      expect(await listed(kind)).toEqual([
        {
          id: theirs.ID,
          name: 'password',
          version: theirs.Version.Index,
          createdAt: expect.any(String),
          updatedAt: expect.any(String),
          labels: [{ key: 'team', value: 'web' }],
          cluster: { id: cluster },
          services: [],
        },
      ]);
      const [intent, outcome] = await readHistory(system.ask, { operation: done.id });
      said.push(intent, outcome);
      expect(intent).toMatchObject({ phase: 'INTENT', input: { name: 'password', value: '[redacted]' } });
      expect(outcome).toMatchObject({ phase: 'OUTCOME', outcome: 'SUCCEEDED' });
    });

    it('takes as many bytes as a swarm does, of any kind', async () => {
      const bytes = Buffer.alloc(kind.most, Buffer.from([0, 255, 10]));
      const done = await perform(create, {
        cluster,
        name: 'large',
        value: bytes.toString('base64'),
        encoding: 'BASE64',
      });
      expect(done.state).toBe('SUCCEEDED');
      const found = (await api.get(`/${kind.all}`)).find(({ Spec }: any) => Spec.Name === 'large');
      if (kind.one === 'config') expect(found.Spec.Data).toBe(bytes.toString('base64'));
      expect(await perform(remove, { cluster, [kind.one]: found.ID })).toMatchObject({ state: 'SUCCEEDED' });
    });

    it('is not made over another of its name', async () => {
      for (const dryRun of [true, false]) {
        const refused = await perform(create, {
          cluster,
          name: 'password',
          value: secretText('again'),
          dryRun,
        });
        said.push(refused);
        expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'NAME_TAKEN' } });
      }
    });

    it('of two at once with one name one is made', async () => {
      const value = secretText('raced');
      const both = await Promise.all(
        [value, value].map((each) => perform(create, { cluster, name: 'raced', value: each })),
      );
      said.push(both);
      expect(both.map(({ state }) => state).sort()).toEqual(['REFUSED', 'SUCCEEDED']);
    });

    it('in use tells by whom, and is not removed before', async () => {
      const { id } = (await listed(kind, 'pass'))[0];
      const file = { Name: kind.one === 'secret' ? 'pw' : '/etc/pw', UID: '0', GID: '0', Mode: 0o444 };
      const used =
        kind.one === 'secret'
          ? { Secrets: [{ SecretID: id, SecretName: 'password', File: file }] }
          : { Configs: [{ ConfigID: id, ConfigName: 'password', File: file }] };
      const name = `uses${kind.one}`;
      const service = await createService(member.host, { name, container: used });
      expect((await listed(kind, 'pass'))[0].services).toEqual([{ id: service, name, files: [file.Name] }]);
      const refused = await perform(remove, { cluster, [kind.one]: 'password' });
      expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'IN_USE' } });
      expect(refused.failure.message).toContain(name);
      if (engines.kind === 'real') {
        const filters = encodeURIComponent(
          JSON.stringify({ label: [`com.docker.swarm.service.name=${name}`], status: ['running'] }),
        );
        const container = await until(
          async () =>
            (
              await callDocker<{ Id: string }[]>(member.host, 'GET', `/containers/json?filters=${filters}`)
            )[0],
          'its task runs',
        );
        const path = kind.one === 'secret' ? '/run/secrets/pw' : '/etc/pw';
        expect(given).toContain((await docker(member.host, 'exec', container.Id, 'cat', path)).trim());
      }
      await callDocker(member.host, 'DELETE', `/services/${service}`);
      const done = await perform(remove, { cluster, [kind.one]: 'password' });
      expect(done).toMatchObject({ state: 'SUCCEEDED', targets: [{ kind: kind.kind, id }] });
      expect((await api.get(`/${kind.all}`)).map(({ ID }: any) => ID)).not.toContain(id);
    });
  });

  it('who may make neither sends no larger bodies than before', async () => {
    const { payload } = await perform('createApiKey', { name: 'reader', role: 'VIEWER' });
    const reader = createPerform(system.server.url, payload.key);
    const input = { cluster, name: 'huge', value: 'x'.repeat(300_000) };
    expect(await reader.error('createConfig', input)).toEqual({
      code: 'BAD_USER_INPUT',
      message: 'the body is larger than 262144 bytes',
    });
  });

  it('no answer, record, file of the server or journal of an agent has a value, as text or in base64', async () => {
    said.push(await readHistory(system.ask));
    said.push(
      await system.ask(
        '{ operations(first: 100) { edges { node { id action failure { message hint } steps { name detail } warnings { message } auditRecords { input } } } } }',
      ),
    );
    const forms = given.flatMap((text) => {
      const base64 = Buffer.from(text).toString('base64');
      return [text, base64, base64.slice(0, 30)];
    });
    expect(forms.length).toBeGreaterThan(10);
    const leaks = (text: string): string[] => forms.filter((form) => text.includes(form));
    expect(leaks(JSON.stringify(said))).toEqual([]);
    const files = readdirSync(system.dir, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const texts = files.map((file) => ({
      name: relative(system.dir, file),
      text: readFileSync(file, 'latin1'),
    }));
    // What is not secret is found: the files are the right ones.
    expect(texts.some(({ name, text }) => name.startsWith('data/') && text.includes('for the shop'))).toBe(
      true,
    );
    expect(texts.some(({ name, text }) => name.startsWith('agent-') && text.includes('CreateSecret'))).toBe(
      true,
    );
    expect(texts.filter(({ text }) => leaks(text).length > 0).map(({ name }) => name)).toEqual([]);
  });
});
