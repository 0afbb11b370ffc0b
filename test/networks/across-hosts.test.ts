// Two services on two hosts over an overlay that was made through GraphQL: by which names they find each other, and how
// far that goes on this kernel, which the product says itself.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../lab/host.ts';
import { callDocker, docker } from '../support/docker.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { kernelHas } from '../support/kernel.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { createService, removeServices } from '../support/services.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const greeter = ['nc', '-ll', '-p', '8080', '-e', 'echo', 'hello'];
const isReal = engines.kind === 'real';
/** The truth of this machine, not the product's word. */
const hasIpvs = kernelHas('IP_VS') === true;
const hasEsp = kernelHas('INET_ESP') === true;

describe.skipIf(!isReal)(`over an overlay (${enginesNote})`, { timeout: 120_000 }, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let near: LabHost;
  let far: LabHost;

  /** Runs it in the container of a service's only task. */
  const inside = async (host: LabHost, service: string, ...command: string[]): Promise<string> => {
    const filters = encodeURIComponent(
      JSON.stringify({ label: [`com.docker.swarm.service.name=${service}`] }),
    );
    const [container] = await callDocker<{ Id: string }[]>(
      host,
      'GET',
      `/containers/json?filters=${filters}`,
    );
    if (!container) throw new Error(`no container of ${service} on ${host.hostname}`);
    return docker(host, 'exec', container.Id, ...command);
  };
  const running = (name: string, on: LabHost) =>
    until(async () => {
      const filters = encodeURIComponent(
        JSON.stringify({ label: [`com.docker.swarm.service.name=${name}`] }),
      );
      return (await callDocker<unknown[]>(on, 'GET', `/containers/json?filters=${filters}`)).length > 0;
    }, `${name} runs on ${on.hostname}`);
  const serve = async (
    name: string,
    on: LabHost,
    network: string,
    mode: 'vip' | 'dnsrr',
    aliases: string[] = [],
  ) => {
    await createService(near, {
      name,
      command: greeter,
      template: {
        Networks: [{ Target: network, Aliases: aliases }],
        Placement: { Constraints: [`node.hostname==${on.hostname}`] },
      },
      endpoint: { Mode: mode },
    });
    await running(name, on);
  };
  const answers = (from: LabHost, service: string, name: string): Promise<boolean> =>
    inside(from, service, 'sh', '-c', `nc -w 2 ${name} 8080 < /dev/null || true`).then((text) =>
      text.includes('hello'),
    );
  /** The address that a name leads to, whether anything answers there or not. */
  const resolved = async (from: LabHost, service: string, name: string): Promise<string | undefined> => {
    const told = await inside(from, service, 'sh', '-c', `ping -c 1 -W 1 ${name} 2>&1 || true`);
    return /\((\d+\.\d+\.\d+\.\d+)\)/.exec(told)?.[1];
  };
  const networkNamed = async (name: string): Promise<any> =>
    (
      await system.ask(
        'query($text: String) { networks(filter: { text: $text }) { edges { node { id encrypted services { name virtualIp discovery { name kind missingOn { hostname } } } } } } }',
        { text: name },
      )
    ).networks.edges[0]?.node;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    const [first, second] = system.members.map(({ host }) => host);
    if (!first || !second) throw new Error('two hosts are needed');
    [near, far] = [first, second];
    await Promise.all([near, far].map((host) => host.importImage?.()));
    expect(await perform('createNetwork', { cluster, name: 'plain' })).toMatchObject({ state: 'SUCCEEDED' });
    await serve('near', near, 'plain', 'dnsrr');
    await serve('far', far, 'plain', 'dnsrr', ['there']);
    await serve('farvip', far, 'plain', 'vip');
  }, 180_000);
  afterAll(async () => {
    if (near) await removeServices(near);
    await system?.stop();
  });

  it('two services on two hosts find each other by name: the service’s, an alias, tasks.NAME', async () => {
    const { services } = await networkNamed('plain');
    expect(services.map(({ name }: any) => name)).toEqual(['far', 'farvip', 'near']);
    const names = services[0].discovery.map(({ name, kind }: any) => [name, kind]);
    expect(names).toEqual([
      ['far', 'DNS_ROUND_ROBIN'],
      ['there', 'DNS_ROUND_ROBIN'],
      ['tasks.far', 'TASKS'],
      ['tasks.there', 'TASKS'],
    ]);
    for (const [name] of names)
      await until(() => answers(near, 'near', name), `${name} answers from the other host`);
    await until(() => answers(far, 'far', 'near'), 'and the other way');
  });

  it('the tasks behind a virtual IP are found by tasks.NAME; the virtual IP itself answers where the kernel has IPVS', async () => {
    const { services } = await networkNamed('plain');
    const vip = services.find(({ name }: any) => name === 'farvip');
    expect(vip.virtualIp).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    await until(() => answers(near, 'near', 'tasks.farvip'), 'its task answers');
    expect(await resolved(near, 'near', 'farvip')).toBe(vip.virtualIp);
    expect(await answers(near, 'near', 'farvip')).toBe(hasIpvs);
    // And the product says so, before anybody tries.
    const [byVip, byTasks] = vip.discovery;
    const dead = hasIpvs ? [] : [near.hostname, far.hostname].sort();
    expect(byVip).toMatchObject({ name: 'farvip', kind: 'VIRTUAL_IP' });
    expect(byVip.missingOn.map(({ hostname }: any) => hostname).sort()).toEqual(dead);
    expect(byTasks).toEqual({ name: 'tasks.farvip', kind: 'TASKS', missingOn: [] });
  });

  it('each host says what its kernel has and lacks', async () => {
    const { hosts } = await system.ask(
      '{ hosts { edges { node { kernel { virtualIps encryption overlay lacks } } } } }',
    );
    const state = (has: boolean) => (has ? 'AVAILABLE' : 'MISSING');
    expect(hosts.edges).toHaveLength(2);
    for (const { node } of hosts.edges) {
      expect(node.kernel).toMatchObject({
        virtualIps: state(hasIpvs),
        encryption: state(hasEsp),
        overlay: 'AVAILABLE',
      });
      expect(node.kernel.lacks).toHaveLength([hasIpvs, hasEsp].filter((has) => !has).length);
    }
  });

  it.skipIf(hasEsp)(
    'an encrypted network is refused where kernels lack ESP; overridden, names resolve and packets are dropped',
    async () => {
      const input = { cluster, name: 'sealed', encrypted: true };
      const refused = await perform('createNetwork', input);
      expect(refused).toMatchObject({
        state: 'REFUSED',
        failure: { code: 'KERNEL_LACKS_ESP' },
        guards: [{ guard: 'KERNEL_LACKS_ESP' }],
      });
      for (const { hostname } of [near, far]) expect(refused.guards[0]?.message).toContain(hostname);
      expect(await networkNamed('sealed')).toBeUndefined();
      const done = await perform('createNetwork', {
        ...input,
        override: ['KERNEL_LACKS_ESP'],
        reason: 'to see how far it goes',
      });
      expect(done).toMatchObject({ state: 'SUCCEEDED', overrides: ['KERNEL_LACKS_ESP'] });
      expect(await networkNamed('sealed')).toMatchObject({ encrypted: true });
      await serve('sealednear', near, 'sealed', 'dnsrr');
      await serve('sealedfar', far, 'sealed', 'dnsrr');
      await until(() => resolved(near, 'sealednear', 'sealedfar'), 'the name resolves');
      expect(await answers(near, 'sealednear', 'sealedfar')).toBe(false);
      expect(await answers(near, 'sealednear', 'sealednear')).toBe(true);
    },
  );

  it.skipIf(!hasEsp)('an encrypted network carries packets where kernels have ESP', async () => {
    const done = await perform('createNetwork', { cluster, name: 'sealed', encrypted: true });
    expect(done).toMatchObject({ state: 'SUCCEEDED', guards: [] });
    await serve('sealednear', near, 'sealed', 'dnsrr');
    await serve('sealedfar', far, 'sealed', 'dnsrr');
    await until(() => answers(near, 'sealednear', 'sealedfar'), 'it answers');
  });
});
