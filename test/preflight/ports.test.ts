// Preflight on hosts: the matrix, and a port that somebody closed, by its name.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines, enginesNote } from '../support/engines.ts';
import { closePort, whyNoFirewall } from '../support/firewall.ts';
import { createPerform, type Perform, readinessFields } from '../support/perform.ts';
import { type Member, type System, startSystem } from '../support/system.ts';

type Link = {
  from: { name: string };
  to: { name: string };
  port: number | null;
  protocol: string;
  result: string;
  detail: string | null;
};
type Finding = { severity: string; code: string; message: string; hostId: string; remedy: string };

const isReal = engines.kind === 'real';
const whyNotClosed = isReal ? whyNoFirewall() : 'simulated hosts have no ports';

describe(`preflight (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let a: Member;
  let b: Member;
  let c: Member;

  const name = ({ host }: Member): string => host.hostname;
  const of = (members: readonly Member[]) => members.map(({ hostId }) => ({ host: hostId }));
  const told = (links: readonly Link[]): string[] =>
    links.map(
      ({ from, to, port, protocol, result }) =>
        `${from.name} ${to.name} ${port ?? ''}${port === null ? '' : '/'}${protocol} ${result}`,
    );
  const ofPorts = (findings: readonly Finding[]) => findings.filter(({ code }) => code === 'PORT_BLOCKED');

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    perform = createPerform(system.server.url, system.server.adminKey);
    [a, b, c] = system.members as [Member, Member, Member];
  });
  afterAll(() => system?.stop());

  it('a dry run probes nothing', async () => {
    const { state, payload } = await perform('preflight', { hosts: of([a, b]), dryRun: true });
    expect({ state, readiness: payload.readiness }).toEqual({ state: 'SUCCEEDED', readiness: null });
  });

  it('two hosts in no swarm: every port in both directions, kept with the operation', async () => {
    const { id, state, payload, observedAt } = await perform('preflight', { hosts: of([a, b]) });
    expect(state).toBe('SUCCEEDED');
    expect(observedAt).not.toBeNull();
    const result = isReal ? 'OPEN' : 'UNTESTABLE';
    const directions = [
      [a, b],
      [b, a],
    ] as const;
    expect(told(payload.readiness.links).sort()).toEqual(
      directions
        .flatMap(([from, to]) => [
          ...['2377/TCP', '7946/TCP', '7946/UDP', '4789/UDP'].map(
            (port) => `${name(from)} ${name(to)} ${port} ${result}`,
          ),
          `${name(from)} ${name(to)} ESP UNTESTABLE`,
        ])
        .sort(),
    );
    expect(payload.readiness).toMatchObject({ ready: true });
    expect(payload.readiness.hosts.map(({ name: of }: { name: string }) => of)).toEqual([name(a), name(b)]);
    for (const host of payload.readiness.hosts) expect(Math.abs(host.clockAheadMs)).toBeLessThan(1_000);
    const { operation } = await system.ask(
      `query($id: ID!) { operation(id: $id) { readiness { ${readinessFields} } } }`,
      { id },
    );
    expect(operation.readiness).toEqual(payload.readiness);
  });

  it.skipIf(whyNotClosed !== null)(
    `finds a port closed with iptables between two hosts and names it${whyNotClosed ? ` (skipped: ${whyNotClosed})` : ''}`,
    async () => {
      const open = [
        await closePort(b.host, { from: a.host.address, port: 7_946, protocol: 'udp', how: 'DROP' }),
        await closePort(b.host, { from: a.host.address, port: 2_377, protocol: 'tcp', how: 'REJECT' }),
      ];
      const { payload } = await perform('preflight', { hosts: of([a, b, c]) });
      expect(payload.readiness.ready).toBe(false);
      const blocked = payload.readiness.links.filter(
        ({ result }: Link) => result === 'CLOSED' || result === 'FILTERED',
      );
      expect(told(blocked).sort()).toEqual([
        `${name(a)} ${name(b)} 2377/TCP CLOSED`,
        `${name(a)} ${name(b)} 7946/UDP FILTERED`,
      ]);
      const findings = ofPorts(payload.readiness.findings);
      expect(findings).toMatchObject([
        {
          severity: 'BLOCKS',
          hostId: b.hostId,
          remedy: `open 2377/tcp on host ${name(b)} for ${a.host.address}`,
        },
        {
          severity: 'BLOCKS',
          hostId: b.hostId,
          remedy: `open 7946/udp on host ${name(b)} for ${a.host.address}`,
        },
      ]);
      for (const end of open) await end();
      const again = await perform('preflight', { hosts: of([a, b, c]) });
      expect(again.payload.readiness).toMatchObject({ ready: true });
    },
  );
});
