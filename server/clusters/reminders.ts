// What should be done about a cluster some day soon, or was forgotten: old tokens, expiring certificates, keys that nobody
// has, managers that do not tolerate a failure. Pure: the time is an argument.
import { X509Certificate } from 'node:crypto';
import type { Hosts } from '../hosts/registry.ts';
import { withoutNewCertificate } from './ca-rotation.ts';
import type { Cluster, TokenRole } from './cluster.ts';
import { managersSeen } from './managers-seen.ts';
import type { NodeObservation } from './observation.ts';
import { quorumOf } from './quorum.ts';

export const reminderCodes = {
  JOIN_TOKEN_OLD: 'A join token is older than six months, or at least known for as long.',
  ROOT_CERTIFICATE_EXPIRES: 'The root certificate expires within 90 days, or has.',
  CA_ROTATION_BLOCKED: 'A rotation of the root CA is open and waits for nodes that are not Ready.',
  UNLOCK_KEY_NOT_KEPT: 'Autolock is on, and nobody has fetched the unlock key that holds now through Skep.',
  MANAGER_LOCKED: 'A manager waits for its unlock key.',
  SINGLE_MANAGER: 'One manager: if it is lost the cluster is lost.',
  EVEN_MANAGERS: 'An even number of managers tolerates no more failures than one fewer.',
} as const;
export type ReminderCode = keyof typeof reminderCodes;

export type Reminder = {
  code: ReminderCode;
  message: string;
  /** What to do. */
  hint: string;
  /** Since when it is so; null: not known. */
  since: Date | null;
  /** When it is to be done at the latest; past: overdue. Null: as soon as it can be. */
  due: Date | null;
};

/** Docker advises to rotate join tokens at least every six months (docs.docker.com, manage nodes in a swarm). */
const tokenMonths = 6;
const rootNoticeMs = 90 * 24 * 3_600_000;

const monthsAfter = (date: Date, months: number): Date => {
  const after = new Date(date);
  after.setUTCMonth(after.getUTCMonth() + months);
  return after;
};

/** Join tokens that should have been rotated by now: since when each is the one that it is, and when it was due. */
export const overdueTokens = (
  { tokens, createdAt, swarm }: Cluster,
  now: Date,
): { role: TokenRole; since: Date; due: Date }[] =>
  swarm === null
    ? []
    : (['WORKER', 'MANAGER'] as const satisfies readonly TokenRole[]).flatMap((role) => {
        const since = tokens[role].seenAt ?? tokens[role].rotatedAt ?? createdAt;
        const due = monthsAfter(since, tokenMonths);
        return now < due ? [] : [{ role, since, due }];
      });

const ofTokens = (cluster: Cluster, now: Date): Reminder[] =>
  overdueTokens(cluster, now).map(({ role, since, due }) => ({
    code: 'JOIN_TOKEN_OLD',
    message: `the ${role.toLowerCase()} join token is at least six months old`,
    hint: `rotateJoinToken(role: ${role}); members are not touched`,
    since,
    due,
  }));

const expiryOf = (trustRoot: string | null | undefined): Date | null => {
  if (!trustRoot) return null;
  try {
    return new Date(new X509Certificate(trustRoot).validTo);
  } catch {
    return null;
  }
};

const ofRoot = ({ swarm }: Cluster, now: Date): Reminder[] => {
  const due = expiryOf(swarm?.trustRoot);
  return due === null || due.getTime() - now.getTime() > rootNoticeMs
    ? []
    : [
        {
          code: 'ROOT_CERTIFICATE_EXPIRES',
          message: `the root certificate ${due < now ? 'expired' : 'expires'} on ${due.toISOString().slice(0, 10)}; without it no node is let in and none gets a new certificate`,
          hint: 'rotateCA',
          since: null,
          due,
        },
      ];
};

const ofRotation = ({ swarm, nodes }: Cluster): Reminder[] => {
  if (!swarm?.rootRotationInProgress) return [];
  const waits: NodeObservation[] = withoutNewCertificate({ swarm, nodes: [...nodes.values()] }).filter(
    ({ status }) => status.state !== 'READY',
  );
  return waits.length === 0
    ? []
    : [
        {
          code: 'CA_ROTATION_BLOCKED',
          message: `the rotation of the root CA waits for ${waits.map(({ hostname, status }) => `${hostname} (${status.state})`).join(', ')}`,
          hint: 'bring these nodes back or remove them; it goes on by itself',
          since: null,
          due: null,
        },
      ];
};

const ofUnlockKey = ({ swarm, unlockKey: { revealedAt, seenAt } }: Cluster): Reminder[] =>
  !swarm?.unlockKeyDigest || (revealedAt !== null && (seenAt === null || revealedAt >= seenAt))
    ? []
    : [
        {
          code: 'UNLOCK_KEY_NOT_KEPT',
          message:
            'autolock is on and the unlock key was not fetched through Skep since it changed: without it no manager that starts again comes back',
          hint: 'revealUnlockKey, and keep the key outside of the swarm',
          since: seenAt,
          due: null,
        },
      ];

const ofManagers = (cluster: Cluster, hosts: Hosts): Reminder[] => {
  const managers = managersSeen(cluster, hosts);
  const { tolerates } = quorumOf(managers.length, managers.length);
  const now = { since: null, due: null };
  return [
    ...managers
      .filter(({ state }) => state === 'LOCKED')
      .map(({ name, host }) => ({
        ...now,
        code: 'MANAGER_LOCKED' as const,
        message: `${name} waits for its unlock key, and is no manager until it has it`,
        hint: `unlockHosts(hosts: ["${host?.id}"])`,
      })),
    ...(managers.length === 1
      ? [
          {
            ...now,
            code: 'SINGLE_MANAGER' as const,
            message: 'one manager: if it is lost the cluster is lost',
            hint: 'have three: promoteNodes',
          },
        ]
      : []),
    ...(managers.length > 0 && managers.length % 2 === 0
      ? [
          {
            ...now,
            code: 'EVEN_MANAGERS' as const,
            message: `${managers.length} managers tolerate the loss of ${tolerates}, as ${managers.length - 1} do`,
            hint: 'have an odd number: promoteNodes or demoteNodes',
          },
        ]
      : []),
  ];
};

/** @param now so that a test can be in seven months. */
export const remindersOf = (cluster: Cluster, hosts: Hosts, now: Date): Reminder[] =>
  cluster.dissolvedAt
    ? []
    : [
        ...ofManagers(cluster, hosts),
        ...ofRotation(cluster),
        ...ofUnlockKey(cluster),
        ...ofRoot(cluster, now),
        ...ofTokens(cluster, now),
      ];
