// What this kernel cannot do for a service is said before the service is made, by hosts and by a preflight too.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';

describe(`services and what kernels lack (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let lacks: boolean;

  const codes = async (input: object): Promise<string[]> => {
    const { warnings } = await perform('createService', {
      cluster,
      name: 'web',
      image: 'bb:1',
      dryRun: true,
      ...input,
    });
    return warnings.map(({ code }: { code: string }) => code);
  };

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    const { hosts } = await system.ask('{ hosts { edges { node { kernel { virtualIps } } } } }');
    lacks = hosts.edges[0].node.kernel?.virtualIps === 'MISSING';
  });
  afterAll(() => system?.stop());

  it('ingress ports and virtual IPs are warned of where IPVS is missing', async () => {
    const told = lacks ? ['KERNEL_LACKS_IPVS'] : [];
    const port = { target: 80, published: 8080 };
    expect(await codes({ ports: [{ ...port, mode: 'INGRESS' }] })).toEqual(told);
    expect(await codes({ networks: ['ov'] })).toEqual(told);
  });

  it('what works without it is not', async () => {
    const port = { target: 80, published: 8080, mode: 'HOST' };
    expect(await codes({})).toEqual([]);
    expect(await codes({ networks: ['ov'], endpointMode: 'DNSRR', ports: [port] })).toEqual([]);
  });

  it('a preflight says so of the host', async () => {
    const { operation } = await system
      .ask(
        `mutation($host: ID!) { preflight(input: { hosts: [{ host: $host }] }) { operation { state readiness { findings { code severity message } } } } }`,
        { host: system.members[0]?.hostId },
      )
      .then(({ preflight }: any) => preflight);
    const found = operation.readiness.findings.filter(({ code }: any) => code === 'KERNEL_LACKS');
    expect(found.some(({ message }: any) => message.includes('no IPVS'))).toBe(lacks);
  });
});
