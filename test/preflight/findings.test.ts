// What a preflight makes of what agents told: addresses, engines, clocks, MTUs, names, and who is paired with whom.
import { describe, expect, it } from 'vitest';
import { hasFault, isWithoutSwarm } from '../../server/hosts/engine-faults.ts';
import type { Host, Report } from '../../server/hosts/host.ts';
import { hostFindings, hostnameFindings, placeOf } from '../../server/hosts/preflight-hosts.ts';
import { pairsOf } from '../../server/hosts/preflight-pairs.ts';
import { blockedPorts } from '../../server/hosts/preflight-ports.ts';
import type { ProbedLink, ProbeEnd } from '../../server/hosts/probe-ports.ts';
import type { ReadyHost } from '../../server/hosts/readiness.ts';

const hostOf = (name: string, addresses: Record<string, string>, hostname = name): Host => ({
  id: `host_${name}`,
  name,
  publicKey: '',
  engineId: null,
  status: 'CONNECTED',
  enrolledAt: new Date(0),
  lastSeenAt: null,
  revokedAt: null,
  quarantine: null,
  membership: null,
  report: {
    hostname,
    addresses: Object.entries(addresses).map(([of, address]) => ({
      interface: of,
      address,
      prefixLength: 24,
    })),
    swarm: null,
  } as unknown as Report,
});
const nowhere = { advertiseAddr: null, dataPathAddr: null };
const codes = (findings: readonly { severity: string; code: string }[]): string[] =>
  findings.map(({ severity, code }) => `${severity} ${code}`);

describe('addresses', () => {
  const one = hostOf('one', { eth0: '10.0.0.1', docker0: '172.17.0.1' });
  const two = hostOf('two', { eth0: '10.0.0.2', eth1: '192.168.7.2' });

  it('the only one is taken, also for the data path', () => {
    expect(placeOf(one, nowhere, [])).toEqual({ address: '10.0.0.1', dataPath: '10.0.0.1', findings: [] });
  });
  it('of several the one in a network of the others is probed, and a finding says to name it', () => {
    const beside = placeOf(two, nowhere, ['192.168.7.9']);
    expect([beside.address, codes(beside.findings)]).toEqual(['192.168.7.2', ['WARNS ADDRESS_AMBIGUOUS']]);
    const none = placeOf(two, nowhere, ['172.31.0.1']);
    expect([none.address, codes(none.findings)]).toEqual([null, ['WARNS ADDRESS_AMBIGUOUS']]);
    expect(none.findings[0]?.message).toContain('10.0.0.2 (eth0), 192.168.7.2 (eth1)');
  });
  it('an interface stands for its address', () => {
    const place = placeOf(two, { advertiseAddr: 'eth1:2377', dataPathAddr: 'eth0' }, []);
    expect(place).toEqual({ address: '192.168.7.2', dataPath: '10.0.0.2', findings: [] });
  });
  it.each(['0.0.0.0', '127.0.0.1', '169.254.1.1', '::', 'eth9'])('%s names no host', (wanted) => {
    const { address, findings } = placeOf(one, { ...nowhere, advertiseAddr: wanted }, []);
    expect([address, codes(findings)]).toEqual([null, ['BLOCKS ADDRESS_UNUSABLE']]);
  });
  it('one that the host does not have blocks, as the guard of a join does', () => {
    const { findings } = placeOf(one, { ...nowhere, advertiseAddr: '203.0.113.5' }, []);
    expect(codes(findings)).toEqual(['BLOCKS ADDRESS_NOT_LOCAL']);
  });
  it('no address at all blocks', () => {
    expect(codes(placeOf(hostOf('none', {}), nowhere, []).findings)).toEqual(['BLOCKS ADDRESS_UNUSABLE']);
  });
});

describe('hosts', () => {
  const ready = (name: string, more: Partial<ReadyHost> = {}): ReadyHost => ({
    id: `host_${name}`,
    name,
    address: null,
    dataPathAddress: null,
    engineVersion: '28.5.1',
    apiVersion: '1.51',
    clockAheadMs: 3,
    mtu: 1_500,
    ...more,
  });

  it('nothing is said of what is well', () => {
    expect(hostFindings([ready('a'), ready('b', { clockAheadMs: null, mtu: null })])).toEqual([]);
  });
  it('clocks: beyond a second, with what an hour does', () => {
    const [late, early] = hostFindings([
      ready('a', { clockAheadMs: -1_500 }),
      ready('b', { clockAheadMs: 3_700_000 }),
    ]);
    expect(codes([late, early] as never)).toEqual(['WARNS CLOCK_DIFFERENCE', 'WARNS CLOCK_DIFFERENCE']);
    expect(late?.message).toContain('1.5 s behind the server’s');
    expect(early?.message).toContain('more than the hour');
  });
  it('MTUs: below what VXLAN needs, and where hosts differ', () => {
    const findings = hostFindings([ready('a'), ready('b', { mtu: 1_400 })]);
    expect(codes(findings)).toEqual(['WARNS MTU_LOW', 'WARNS MTU_DIFFERS']);
    expect(findings[0]?.remedy).toContain('com.docker.network.driver.mtu=1350');
    expect(findings[1]?.message).toContain('1400 (b); 1500 (a)');
  });
  it('engines: faults with their source, and what is too old', () => {
    expect(
      codes(
        hostFindings([ready('a', { engineVersion: '20.10.23' }), ready('b', { engineVersion: '1.11.2' })]),
      ),
    ).toEqual(['WARNS ENGINE_FAULT', 'WARNS ENGINE_FAULT', 'BLOCKS ENGINE_UNSUPPORTED']);
    for (const { message } of hostFindings([ready('a', { engineVersion: '20.10.23' })]))
      expect(message).toMatch(/https:\/\/github\.com\/moby\//);
  });
  it.each([
    ['20.10.23', true],
    ['20.10.24', false],
    ['23.0.2', true],
    ['23.0.3', false],
    ['28.5.1', false],
    ['nonsense', false],
  ])('encrypted overlay networks of %s: %s', (version, has) => {
    expect(hasFault(version, 'ENCRYPTED_OVERLAY')).toBe(has);
    expect(isWithoutSwarm(version)).toBe(false);
  });
  it.each([
    ['20.10.24', true],
    ['25.0.5', true],
    ['25.0.6', false],
    ['26.1.3', true],
    ['26.1.4', false],
    ['27.0.1', false],
    ['nonsense', false],
  ])('join address of %s: %s', (version, has) => {
    expect(hasFault(version, 'JOIN_ADDRESS')).toBe(has);
  });
  it('one hostname of two hosts names neither', () => {
    const hosts = [hostOf('a', {}, 'web'), hostOf('b', {}, 'web'), hostOf('c', {})];
    expect(hostnameFindings(hosts)).toMatchObject([
      { severity: 'WARNS', code: 'HOSTNAME_TWICE', message: expect.stringContaining('a and b') },
    ]);
  });
});

describe('ports', () => {
  const ends: ProbeEnd[] = ['a', 'b', 'c'].map((name, index) => ({
    hostId: `host_${name}`,
    name,
    address: `10.0.0.${index + 1}`,
    dataPath: `10.0.0.${index + 1}`,
    isMember: false,
  }));
  const link = (from: number, to: number, more: Partial<ProbedLink> = {}): ProbedLink => ({
    from,
    to,
    port: 7_946,
    protocol: 'udp',
    isData: false,
    result: 'FILTERED',
    detail: 'no answer in time',
    taken: false,
    ...more,
  });

  it('one port that several cannot reach is one finding', () => {
    expect(blockedPorts(ends, [link(0, 1), link(2, 1), link(1, 0, { result: 'OPEN' })])).toMatchObject([
      {
        severity: 'BLOCKS',
        code: 'PORT_BLOCKED',
        hostId: 'host_b',
        message: expect.stringContaining('7946/udp of host b (10.0.0.2) is FILTERED from a (10.0.0.1), c'),
        remedy: 'open 7946/udp on host b for 10.0.0.1, 10.0.0.3',
      },
    ]);
  });
  it('the data path warns', () => {
    expect(codes(blockedPorts(ends, [link(0, 1, { port: 4_789, isData: true })]))).toEqual([
      'WARNS PORT_BLOCKED',
    ]);
  });
  it('a missing route and the sender’s own firewall are mended elsewhere', () => {
    const [route, firewall] = blockedPorts(ends, [
      link(0, 1, { detail: 'no route to the host' }),
      link(2, 1, { detail: 'the sender’s own firewall does not let it out' }),
    ]);
    expect(route).toMatchObject({
      code: 'NO_ROUTE',
      remedy: 'make a route from a to 10.0.0.2, or choose another address of host b',
    });
    expect(firewall).toMatchObject({ remedy: 'let 7946/udp to 10.0.0.2 out of c' });
  });
});

describe('pairs', () => {
  const named = { isNamed: true, managesAt: null };
  it('members are not probed with each other, and only managers at 2377', () => {
    const { links, leftOut } = pairsOf(
      [named, { isNamed: false, managesAt: 2_377 }, { isNamed: false, managesAt: null }],
      4_789,
    );
    const told = links.map(({ from, to, port, protocol }) => `${from}${to} ${port}/${protocol}`);
    const always = (pair: string) => [`${pair} 7946/tcp`, `${pair} 7946/udp`, `${pair} 4789/udp`];
    expect(told.sort()).toEqual(
      [...always('01'), '01 2377/tcp', ...always('10'), ...always('02'), ...always('20')].sort(),
    );
    expect(leftOut).toBe(0);
  });
  it('of many hosts each is paired with the managers and ten others, and the rest is counted', () => {
    const manager = { isNamed: false, managesAt: 2_377 };
    const many = [manager, ...Array.from({ length: 99 }, () => named)];
    const { links, leftOut } = pairsOf(many, 4_789);
    const pairs = new Set(links.map(({ from, to }) => [from, to].sort().join(' ')));
    expect(pairs.size + leftOut).toBe((100 * 99) / 2);
    for (let host = 1; host < many.length; host += 1) {
      const others = links.filter(({ from, port }) => from === host && port === 7_946).map(({ to }) => to);
      expect(new Set(others).size).toBeGreaterThanOrEqual(11);
      expect(others).toContain(0);
    }
  });
});
