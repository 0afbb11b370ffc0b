// Services that name what else a swarm keeps: networks, over which two of them on two hosts find each other, secrets and
// configs, which their tasks have as files. All of it made through the front door.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/host.ts';
import { at } from '../support/at.ts';
import { callDocker, docker } from '../support/docker.ts';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const isReal = engines.kind === 'real';

describe(`what services name, on ${enginesNote}`, { timeout: 120_000 }, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;

  /** Runs it in the container of a service's only task. */
  const inside = async (host: LabHost, service: string, ...command: string[]): Promise<string> => {
    const filters = JSON.stringify({ label: [`com.docker.swarm.service.name=${service}`] });
    const path = `/containers/json?filters=${encodeURIComponent(filters)}`;
    const [container] = await callDocker<{ Id: string }[]>(host, 'GET', path);
    if (!container) throw new Error(`no container of ${service} on ${host.hostname}`);
    return docker(host, 'exec', container.Id, ...command);
  };
  const make = (name: string, index: number, more: object = {}) =>
    perform('createService', {
      cluster,
      name,
      image: 'bb:1',
      command: ['nc', '-ll', '-p', '8080', '-e', 'echo', `${name} greets`],
      constraints: [`node.hostname == ${at(system.members, index).host.hostname}`],
      networks: ['shop'],
      endpointMode: 'DNSRR',
      ...more,
    });

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    await Promise.all(system.members.map(({ host }) => host.importImage?.()));
    const made = [
      await perform('createNetwork', { cluster, name: 'shop' }),
      await perform('createSecret', { cluster, name: 'password', value: 'open-sesame' }),
      await perform('createConfig', { cluster, name: 'motd', value: 'good morning' }),
    ];
    for (const { state } of made) expect(state).toBe('SUCCEEDED');
  });
  afterAll(() => system?.stop());

  it.each([
    ['network', { networks: ['nosuch'] }],
    ['secret', { secrets: [{ ref: 'nosuch' }] }],
    ['config', { configs: [{ ref: 'nosuch' }] }],
  ])('a %s that is not there fails by name, and nothing is made', async (_, more) => {
    const failed = await make('lost', 0, { networks: null, ...more });
    expect(failed).toMatchObject({ state: 'FAILED' });
    expect(failed.failure.message).toContain('nosuch');
    expect(await engineOf(at(system.members, 0).host).get('/services')).toEqual([]);
  });

  it('tasks have secrets and configs as files, and the service tells which, never what is in them', async () => {
    const files = {
      secrets: [{ ref: 'password' }],
      configs: [{ ref: 'motd', fileName: '/etc/motd', mode: 0o400 }],
    };
    expect(await make('near', 0, files)).toMatchObject({ state: 'SUCCEEDED' });
    const { service } = await system.ask(
      'query($cluster: ID!) { service(id: "near", cluster: $cluster) { networks secrets { name fileName mode } configs { name fileName mode } } }',
      { cluster },
    );
    expect(service).toMatchObject({
      secrets: [{ name: 'password', fileName: 'password' }],
      configs: [{ name: 'motd', fileName: '/etc/motd', mode: 0o400 }],
    });
    const { secrets } = await system.ask(
      'query($cluster: ID!) { secrets(cluster: $cluster) { edges { node { name services { name } } } } }',
      { cluster },
    );
    expect(secrets.edges).toEqual([{ node: { name: 'password', services: [{ name: 'near' }] } }]);
    if (!isReal) return;
    const { host } = at(system.members, 0);
    expect(await inside(host, 'near', 'cat', '/run/secrets/password', '/etc/motd')).toBe(
      'open-sesamegood morning',
    );
  });

  it('two on two hosts find each other by name over the network', async () => {
    expect(await make('far', 1)).toMatchObject({ state: 'SUCCEEDED' });
    const { networks } = await system.ask(
      '{ networks(filter: { text: "shop" }) { edges { node { services { name discovery { name } } } } } }',
    );
    expect(networks.edges[0].node.services).toEqual([
      { name: 'far', discovery: [{ name: 'far' }, { name: 'tasks.far' }] },
      { name: 'near', discovery: [{ name: 'near' }, { name: 'tasks.near' }] },
    ]);
    if (!isReal) return;
    const [near, far] = system.members.map(({ host }) => host);
    if (!near || !far) throw new Error('two hosts are needed');
    const says = async (from: LabHost, service: string, name: string): Promise<boolean> =>
      (await inside(from, service, 'sh', '-c', `nc -w 2 ${name} 8080 < /dev/null || true`)).includes(
        'greets',
      );
    for (const name of ['far', 'tasks.far'])
      await until(() => says(near, 'near', name), `${name} answers from the other host`);
    for (const name of ['near', 'tasks.near'])
      await until(() => says(far, 'far', name), `${name} answers from the other host`);
  });

  it('what is used is not removed, and what is not is', async () => {
    expect(await perform('removeNetwork', { cluster, network: 'shop' })).toMatchObject({
      failure: { code: 'IN_USE' },
    });
    expect(await perform('removeSecret', { cluster, secret: 'password' })).toMatchObject({
      failure: { code: 'IN_USE' },
    });
    for (const service of ['near', 'far'])
      expect(await perform('removeService', { cluster, service })).toMatchObject({ state: 'SUCCEEDED' });
    expect(await perform('removeSecret', { cluster, secret: 'password' })).toMatchObject({
      state: 'SUCCEEDED',
    });
    const removed = await perform('removeNetwork', { cluster, network: 'shop' });
    expect(removed).toMatchObject({ state: 'SUCCEEDED' });
  });
});
