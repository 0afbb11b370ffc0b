// `skep preflight`: refused, then the matrix, what blocks, and a port that somebody closed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { closePort, whyNoFirewall } from '../support/firewall.ts';
import { createPerform } from '../support/perform.ts';
import { type Skep, skepOf } from '../support/skep.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const isReal = engines.kind === 'real';
const whyNotClosed = isReal ? whyNoFirewall() : 'simulated hosts have no ports';

describe(`skep preflight, on ${enginesNote}`, { timeout: 60_000 }, () => {
  let system: System;
  let skep: Skep;
  let viewer: { env: NodeJS.ProcessEnv };
  let [first, second, third] = ['', '', ''];

  const asked = async (): Promise<Record<string, any>[]> => {
    const { operations } = await system.ask(
      '{ operations(filter: { action: "preflight" }) { edges { node { id reason cluster { id } targets { name } readiness { ready links { result } } } } } }',
    );
    return operations.edges.map(({ node }: any) => node);
  };
  const lines = (out: string, from: string, to: string): string[] | undefined =>
    out
      .split('\n')
      .find((line) => new RegExp(`^${from} +${to} `).test(line))
      ?.split(/ +/);

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    skep = skepOf(system);
    [first, second, third] = system.members.map(({ host }) => host.hostname) as [string, string, string];
    const perform = createPerform(system.server.url, system.server.adminKey);
    const { payload } = await perform('createApiKey', { name: 'looks', role: 'VIEWER' });
    viewer = { env: { SKEP_KEY: payload.key } };
  });
  afterAll(() => system?.stop());

  it('is refused where it is mistyped, asks what is not there, or may not', async () => {
    for (const [line, code, says] of [
      ['preflight nosuch', 1, 'NOT_FOUND: there is no host nosuch'],
      [`preflight ${first} ${first}`, 2, 'names a host twice'],
      ['preflight --role leader', 2, 'leader is none of worker, manager'],
      ['preflight --advertise-addr 10.0.0.1', 2, 'names no host'],
      [`preflight ${first} --advertise-addr ${second}=10.0.0.1`, 2, 'none of the hosts that are asked'],
      ['preflight --data-path-port 80', 2, 'BAD_USER_INPUT'],
      ['preflight --cluster nosuch', 1, 'there is no cluster nosuch'],
    ] as const) {
      const told = await skep(line);
      expect({ line, ...told }).toMatchObject({ line, code, out: '' });
      expect(told.err).toContain(says);
    }
    expect(await skep('preflight', viewer)).toMatchObject({ code: 5, out: '' });
    expect(await asked()).toEqual([]);
  });

  it('a dry run probes nothing', async () => {
    const { code, out } = await skep('preflight --dry-run');
    expect({ code, out }).toMatchObject({ code: 0 });
    expect(out).toContain('Dry run: preflight would be done');
    expect(await asked()).toEqual([]);
  });

  it('0: the matrix of all hosts in no swarm, kept with the operation', async () => {
    const { code, out, err } = await skep("preflight --reason 'three new machines'");
    expect(code, err).toBe(0);
    const result = isReal ? 'open' : 'untestable';
    expect(out).toMatch(/^HOST +ADDRESS +DATA PATH +ENGINE +CLOCK +MTU$/m);
    expect(out).toMatch(/^FROM +TO +.*7946\/udp/m);
    for (const [from, to] of [
      [first, second],
      [third, first],
    ] as const)
      expect(lines(out, from, to)).toEqual([from, to, result, result, result, result, 'untestable']);
    expect(out).toContain('Nothing that was found blocks.');
    const [kept] = await asked();
    expect(kept).toMatchObject({ reason: 'three new machines', cluster: null, readiness: { ready: true } });
    expect(kept?.targets.map(({ name }: any) => name).sort()).toEqual([first, second, third].sort());
  });

  it('0: in JSON, and in brief nothing, for nothing is closed', async () => {
    const { out } = await skep(`preflight ${first} ${second} --format json`);
    expect(JSON.parse(out)).toMatchObject({
      readiness: { ready: true, hosts: [{ name: first }, { name: second }] },
      operation: { state: 'SUCCEEDED' },
    });
    expect(await skep(`preflight ${first} ${second} -q`)).toMatchObject({ code: 0, out: '' });
  });

  it('4: not waited for', async () => {
    const { code, out, err } = await skep(`preflight ${first} ${second} --no-wait`);
    expect({ code, out }).toEqual({ code: 4, out: '' });
    const [, id] = /skep op wait (\S+);/.exec(err) ?? [];
    expect(await skep(`op wait ${id}`)).toMatchObject({ code: 0 });
  });

  it('7: what blocks is told with what to do', async () => {
    const { code, out } = await skep(`preflight ${first} ${second} --advertise-addr ${first}=203.0.113.5`);
    expect(code).toBe(7);
    expect(out).toMatch(new RegExp(`^BLOCKS ADDRESS_NOT_LOCAL: host ${first} .*\n  if it is right`, 'm'));
    expect(out).toContain('Not fit for a swarm');
  });

  it.skipIf(whyNotClosed !== null)(
    `7: a port that is closed stands out, and is all that -q prints${whyNotClosed ? ` (skipped: ${whyNotClosed})` : ''}`,
    async () => {
      const [one, two] = [at(system.members, 0).host, at(system.members, 1).host];
      const open = await closePort(two, { from: one.address, port: 7_946, protocol: 'udp', how: 'DROP' });
      try {
        const { code, out } = await skep(`preflight ${first} ${second}`);
        expect(code).toBe(7);
        expect(lines(out, first, second)).toContain('FILTERED');
        expect(out).toContain('Ways that are closed: 1.');
        expect(await skep(`preflight ${first} ${second} -q`)).toMatchObject({
          code: 7,
          out: `${first} ${second} 7946/udp\n`,
        });
      } finally {
        await open();
      }
    },
  );

  it('with a swarm a host that is named is probed with its members', async () => {
    const id = await until(async () => {
      const { code } = await skep(`swarm init --host ${first}`);
      return code === 0 ? (await skep('cluster ls -q')).out.trim() : undefined;
    }, 'there is a swarm');
    const { out, code, err } = await skep(`preflight ${second}`);
    expect(code, err).toBe(0);
    expect(lines(out, second, first)).toBeDefined();
    const [kept] = await asked();
    expect(kept).toMatchObject({ cluster: { id }, targets: [{ name: second }] });
  });
});
