// What a cluster reminds of, at times that no test can wait for.
import { expect, it } from 'vitest';
import { createCertificateAuthority } from '../../lab/simulated/certificate-authority.ts';
import type { Cluster, SeenNode } from '../../server/clusters/cluster.ts';
import { remindersOf } from '../../server/clusters/reminders.ts';
import type { Hosts } from '../../server/hosts/registry.ts';

const start = new Date('2026-01-15T00:00:00Z');
const later = ({ months = 0, days = 0, years = 0 }): Date => {
  const date = new Date(start);
  date.setUTCFullYear(date.getUTCFullYear() + years, date.getUTCMonth() + months, date.getUTCDate() + days);
  return date;
};
const noHosts = { ofMember: () => null } as unknown as Hosts;
const { trustRoot, issuerPublicKey } = createCertificateAuthority();

const node = (id: string, more: Partial<SeenNode> = {}): [string, SeenNode] => [
  id,
  {
    id,
    hostname: id,
    role: 'MANAGER',
    observedRole: 'MANAGER',
    managerStatus: { leader: id === 'a', reachability: 'REACHABLE', address: '' },
    availability: 'ACTIVE',
    status: { state: 'READY', message: '', address: '' },
    labels: {},
    engineLabels: {},
    platform: { os: 'linux', architecture: 'x86_64' },
    resources: { cpus: 1, memoryBytes: 1 },
    engineVersion: '28.5.2',
    plugins: [],
    tlsInfo: { trustRoot, certIssuerSubject: '', certIssuerPublicKey: issuerPublicKey },
    joinedAt: '',
    updatedAt: '',
    version: 1,
    unexplained: false,
    downSince: null,
    hostId: null,
    ...more,
  },
];
const swarm: NonNullable<Cluster['swarm']> = {
  id: 'c',
  version: 1,
  createdAt: '',
  spec: {},
  caDigest: 'd',
  trustRoot,
  issuer: issuerPublicKey,
  unlockKeyDigest: null,
  tokens: { WORKER: 'w', MANAGER: 'm' },
  rootRotationInProgress: false,
  defaultAddrPool: [],
  subnetSize: 24,
  dataPathPort: 4_789,
};
const never = { rotatedAt: null, revealedAt: null, seenAt: null };
const cluster: Cluster = {
  id: 'c',
  name: 'test',
  adoptedAt: start,
  caDigest: 'd',
  dissolvedAt: null,
  createdAt: start,
  observedAt: start,
  swarm,
  tokens: { WORKER: never, MANAGER: never },
  unlockKey: never,
  caRotation: null,
  nodes: new Map([node('a'), node('b'), node('c')]),
  watchedThrough: null,
  trouble: null,
  formerManagers: [],
  split: null,
};
const codes = (of: Partial<Cluster>, now: Date): string[] =>
  remindersOf({ ...cluster, ...of }, noHosts, now).map(({ code }) => code);

it('a cluster where all is well reminds of nothing, for six months', () => {
  expect(codes({}, start)).toEqual([]);
  expect(codes({}, later({ months: 6, days: -1 }))).toEqual([]);
  expect(codes({ swarm: null }, later({ years: 30 }))).toEqual([]);
  expect(codes({ dissolvedAt: start }, later({ years: 30 }))).toEqual([]);
});

it('in seven months both tokens are old; one that was rotated meanwhile is not', () => {
  const now = later({ months: 7 });
  const [first, second] = remindersOf(cluster, noHosts, now);
  expect([first, second]).toMatchObject([
    { code: 'JOIN_TOKEN_OLD', message: expect.stringContaining('worker'), since: start },
    { code: 'JOIN_TOKEN_OLD', message: expect.stringContaining('manager'), due: later({ months: 6 }) },
  ]);
  const seenAt = later({ months: 3 });
  expect(codes({ tokens: { WORKER: { ...never, seenAt }, MANAGER: never } }, now)).toEqual([
    'JOIN_TOKEN_OLD',
  ]);
  // Of before this was looked at: then Skep's own rotation is what is known.
  expect(
    codes({ tokens: { WORKER: { ...never, rotatedAt: seenAt }, MANAGER: { ...never, seenAt } } }, now),
  ).toEqual([]);
});

it('the root certificate, valid for twenty years, is told of in its last ninety days and after', () => {
  const rotated = (now: Date) => ({
    tokens: { WORKER: { ...never, seenAt: now }, MANAGER: { ...never, seenAt: now } },
  });
  const made = new Date();
  const at = (days: number) => new Date(made.getTime() + (20 * 365.25 + days) * 86_400_000);
  expect(codes(rotated(at(-100)), at(-100))).toEqual([]);
  expect(codes(rotated(at(-80)), at(-80))).toEqual(['ROOT_CERTIFICATE_EXPIRES']);
  const [over] = remindersOf({ ...cluster, ...rotated(at(10)) }, noHosts, at(10));
  expect(over).toMatchObject({
    code: 'ROOT_CERTIFICATE_EXPIRES',
    message: expect.stringContaining('expired on'),
  });
  expect(codes({ ...rotated(at(10)), swarm: { ...swarm, trustRoot: 'nonsense' } }, at(10))).toEqual([]);
});

it('an unlock key that was not fetched since it changed', () => {
  const locked = { ...swarm, unlockKeyDigest: 'k' };
  const key = (revealedAt: Date | null, seenAt: Date | null) =>
    codes({ swarm: locked, unlockKey: { ...never, revealedAt, seenAt } }, later({ days: 9 }));
  expect(key(null, start)).toEqual(['UNLOCK_KEY_NOT_KEPT']);
  expect(key(start, later({ days: 1 }))).toEqual(['UNLOCK_KEY_NOT_KEPT']);
  expect(key(later({ days: 1 }), start)).toEqual([]);
  expect(key(start, null)).toEqual([]);
});

it('managers that tolerate no failure, and one that is locked', () => {
  expect(codes({ nodes: new Map([node('a')]) }, start)).toEqual(['SINGLE_MANAGER']);
  expect(codes({ nodes: new Map([node('a'), node('b')]) }, start)).toEqual(['EVEN_MANAGERS']);
  const host = { id: 'h', name: 'c', status: 'CONNECTED', report: { swarm: { localState: 'LOCKED' } } };
  const hosts = { ofMember: (id: string) => (id === 'c' ? host : null) } as unknown as Hosts;
  expect(remindersOf(cluster, hosts, start)).toMatchObject([
    { code: 'MANAGER_LOCKED', hint: 'unlockHosts(hosts: ["h"])' },
  ]);
});

it('a rotation of the root that a node which is Down keeps open', () => {
  const old = { trustRoot, certIssuerSubject: '', certIssuerPublicKey: 'of before' };
  const down = { state: 'DOWN', message: '', address: '' } as const;
  const nodes = new Map([node('a'), node('b'), node('c', { tlsInfo: old, status: down })]);
  const rotating = { ...swarm, rootRotationInProgress: true };
  expect(remindersOf({ ...cluster, nodes, swarm: rotating }, noHosts, start)).toMatchObject([
    { code: 'CA_ROTATION_BLOCKED', message: expect.stringContaining('c (DOWN)') },
  ]);
  expect(codes({ nodes, swarm }, start)).toEqual([]);
  expect(codes({ swarm: rotating }, start)).toEqual([]);
});
