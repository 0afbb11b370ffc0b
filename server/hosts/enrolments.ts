// Enrolment: one-time, expiring secrets by which agents register their keys.
import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import type { Enrolment as Row } from '../../prisma/generated/client.ts';
import type { Attempts } from '../access/attempts.ts';
import type { Audit } from '../audit/record.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Events } from '../platform/events.ts';
import { failpoint } from '../platform/failpoints.ts';
import { Failure } from '../platform/failure.ts';
import type { Host } from './host.ts';
import type { Hosts } from './registry.ts';
import type { ServerIdentity } from './server-identity.ts';

/** Long enough to type a command on a host, too short to be found later. */
export const enrolmentLifetimeMs = 15 * 60_000;

export type Enrolment = Omit<Row, 'hash'>;

export type Enrolments = {
  /** @returns the secret, shown once: `skep_enr_<id>.<secret>.<the server's pin>`. */
  create(enrolment: {
    id: string;
    hostName: string | null;
    createdById: string;
  }): Promise<{ secret: string; expiresAt: Date }>;
  list(): Promise<Enrolment[]>;
  find(id: string): Promise<Enrolment | null>;
  /** @throws Failure NOT_FOUND: unknown, used or expired, which are not told apart; ENGINE_CLAIMED; KEY_KNOWN; RATE_LIMITED. */
  redeem(asked: {
    secret: string;
    publicKey: string;
    hostname: string;
    engineId: string | null;
    sourceAddress: string | null;
  }): Promise<Host>;
};

export const newEnrolmentId = (): string => randomBytes(6).toString('hex');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const pattern = /^skep_enr_([0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;

const isEd25519 = (publicKey: string): boolean => {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
};

export const createEnrolments = ({
  db,
  events,
  audit,
  hosts,
  identity,
  attempts,
  clock,
}: {
  db: Database;
  events: Events;
  audit: Audit;
  hosts: Hosts;
  identity: ServerIdentity;
  /** Wrong secrets, by where they came from. */
  attempts: Attempts;
  clock: Clock;
}): Enrolments => {
  const invalid = (): Failure =>
    new Failure(
      'NOT_FOUND',
      'the enrolment secret is unknown, used or expired',
      'make a new one with createEnrolment',
    );

  /** The name wished for, or with a number behind it: two hosts may well have one hostname. */
  const freeName = (wished: string): string => {
    for (let n = 1; ; n += 1) {
      const name = n === 1 ? wished : `${wished}-${n}`;
      if (!hosts.ofName(name)) return name;
    }
  };

  /** Somebody was killed before the agent had its answer: the same key with the same secret is the same enrolment. */
  const spentBy = async (id: string, hash: string, publicKey: string, now: Date): Promise<Host | null> => {
    const spent = await db.read.enrolment.findFirst({
      where: { id, hash, usedAt: { not: null }, expiresAt: { gt: now } },
    });
    const host = spent?.hostId ? hosts.find(spent.hostId) : null;
    return host && host.publicKey === publicKey && !host.revokedAt ? host : null;
  };

  return {
    create: async ({ id, hostName, createdById }) => {
      const secret = randomBytes(32).toString('base64url');
      const now = clock.now();
      const expiresAt = new Date(now.getTime() + enrolmentLifetimeMs);
      const data = { id, hostName, hash: sha256(secret), createdAt: now, createdById, expiresAt };
      await events.transact(async (tx) => void (await tx.enrolment.create({ data })));
      return { secret: `skep_enr_${id}.${secret}.${identity.pin}`, expiresAt };
    },
    list: () =>
      db.read.enrolment.findMany({ omit: { hash: true }, orderBy: { createdAt: 'desc' }, take: 1_000 }),
    find: (id) => db.read.enrolment.findUnique({ where: { id }, omit: { hash: true } }),
    redeem: async ({ secret, publicKey, hostname, engineId, sourceAddress }) => {
      await attempts.check(sourceAddress);
      const wrong = async (): Promise<never> => {
        await attempts.failed(sourceAddress);
        throw invalid();
      };
      const [, id, text] = pattern.exec(secret) ?? [];
      if (id === undefined || text === undefined) return wrong();
      if (!isEd25519(publicKey))
        throw new Failure('BAD_USER_INPUT', 'publicKey is not an Ed25519 key in SPKI DER, base64url');
      const now = clock.now();
      const before = await spentBy(id, sha256(text), publicKey, now);
      if (before) return before;
      await failpoint('enrolment.beforeSpend');
      const enrolled = await events.transact(
        async (tx, emit): Promise<Host | null> => {
          // Spent by the write itself: of many that try at once, one finds it unused.
          const spent = await tx.enrolment.updateMany({
            where: { id, hash: sha256(text), usedAt: null, expiresAt: { gt: now } },
            data: { usedAt: now },
          });
          if (spent.count !== 1) return null;
          const enrolment = await tx.enrolment.findUniqueOrThrow({ where: { id } });
          const host: Host = {
            id: `host_${randomBytes(8).toString('hex')}`,
            name: freeName(enrolment.hostName ?? hostname),
            publicKey,
            engineId,
            status: 'ENROLLED',
            report: null,
            enrolledAt: now,
            lastSeenAt: null,
            revokedAt: null,
            quarantine: null,
            membership: null,
          };
          await tx.enrolment.update({ where: { id }, data: { hostId: host.id } });
          await hosts.add(tx, emit, host);
          await audit.append(tx, emit, {
            phase: 'OBSERVED',
            action: 'enrolHost',
            actor: { kind: 'AGENT', id: host.id, name: host.name },
            targets: [
              { kind: 'HOST', id: host.id, name: host.name },
              { kind: 'ENROLMENT', id, name: id },
            ],
            sourceAddress,
          });
          await failpoint('enrolment.spent');
          return host;
        },
        (host) => host && hosts.added(host),
      );
      if (!enrolled) return wrong();
      await failpoint('enrolment.beforeAnswer');
      return enrolled;
    },
  };
};
