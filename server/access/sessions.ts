// Sessions: browsers that signed in, with a key or as a person, and act as it until the session ends. Kept hashed; those
// that live are in memory too, so that a session outlives a restart and costs a request no query.
import { hash, randomBytes } from 'node:crypto';
import type { Session as Row } from '../../prisma/generated/client.ts';
import type { Requester } from '../audit/actor.ts';
import type { Audit } from '../audit/record.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Events, Transaction } from '../platform/events.ts';
import { Failure } from '../platform/failure.ts';
import { uuidv7 } from '../platform/ids.ts';
import type { Log } from '../platform/log.ts';
import { createTake } from './attempts.ts';
import { createEndings } from './endings.ts';
import type { Holder, Known } from './holders.ts';

export type Session = Omit<Row, 'hash' | 'endedAt'>;
/** What it was signed in with. */
export type SignedInWith = 'KEY' | 'TICKET' | 'OIDC';

/** A sign-in that also says who it is. */
export type SignInBeside = {
  /** Beside what is on record of each. */
  input: Readonly<Record<string, unknown>>;
  /** Written with it or not at all. @returns what makes it so in memory. */
  write(tx: Transaction): Promise<() => void>;
};

export type Sessions = {
  /** The session of a presented secret and who acts by it, when both are valid now. */
  authenticate(presented: string): { session: Session; holder: Holder } | null;
  /**
   * On record before it is told. @returns the secret for the cookie, shown once.
   * @throws Failure AUDIT_UNAVAILABLE, RATE_LIMITED
   */
  signIn(
    holder: Holder,
    requester: Requester,
    signedInWith: SignedInWith,
    beside?: SignInBeside,
  ): Promise<{ session: Session; secret: string }>;
  /** Again is as good as once. @throws Failure AUDIT_UNAVAILABLE: it goes on. */
  signOut(session: Session, requester: Requester): Promise<void>;
  /** For an operation, which is on record itself. Again is as good as once. */
  end(id: string): Promise<void>;
  /** Null: there is none, or it has ended. */
  find(id: string): Session | null;
  /** Those that are open, the oldest first. */
  list(): readonly Session[];
  /** Calls once the session or who acts by it has ended. @returns what forgets the call. */
  onEnd(id: string, listener: () => void): () => void;
};

/** Of one key or person, open at a time: the oldest is signed out for the next. */
export const mostSessions = 50;
/** Of one key or person. */
export const signInsPerMinute = 60;

const digest = (text: string): string => hash('sha256', text);

/** @param anew sessions of before are not known: the database is older than what was done, and some may have ended since. */
export const createSessions = async ({
  db,
  events,
  audit,
  holders,
  clock,
  hours,
  anew,
  log,
}: {
  db: Database;
  events: Events;
  audit: Audit;
  holders: Known;
  clock: Clock;
  /** How long one lasts, used or not. */
  hours: number;
  anew: boolean;
  log: Log;
}): Promise<Sessions> => {
  const isOpen = ({ holderId, expiresAt }: Session): boolean =>
    expiresAt > clock.now() && holders.isValid(holderId);
  const rows = await db.read.session.findMany({ orderBy: { createdAt: 'asc' } });
  const old = rows.filter((row) => anew || row.endedAt !== null || !isOpen(row)).map(({ id }) => id);
  if (old.length > 0)
    await events.transact(async (tx) => void (await tx.session.deleteMany({ where: { id: { in: old } } })));

  const byHash = new Map<string, Session>();
  const byId = new Map<string, { session: Session; key: string }>();
  const keep = (key: string, session: Session): void => {
    byHash.set(key, session);
    byId.set(session.id, { session, key });
  };
  const drop = (id: string): void => {
    byHash.delete(byId.get(id)?.key ?? '');
    byId.delete(id);
  };
  for (const { hash: key, endedAt: _, ...session } of rows) if (!old.includes(session.id)) keep(key, session);

  const endings = createEndings(clock, (id) => byId.get(id)?.session.expiresAt);
  const take = createTake({
    most: signInsPerMinute,
    seconds: 60,
    what: 'too many sign-ins with this key or person',
  });
  const targets = ({ id }: Session, { kind, id: holderId, name }: Pick<Holder, 'kind' | 'id' | 'name'>) => [
    { kind, id: holderId, name },
    { kind: 'SESSION', id, name: id },
  ];
  const unavailable = (what: string, error: unknown): Failure => {
    log.error({ err: error }, `a ${what} could not be recorded`);
    return new Failure(
      'AUDIT_UNAVAILABLE',
      `the ${what} could not be put on record, so it did not happen`,
      'try again; look at the server’s disk',
    );
  };

  const signOut: Sessions['signOut'] = async (session, requester) => {
    const { id } = session;
    const holder = holders.find(session.holderId);
    await events
      .transact(
        async (tx, emit) => {
          const { count } = await tx.session.updateMany({
            where: { id, endedAt: null },
            data: { endedAt: clock.now() },
          });
          if (count === 0) return;
          await audit.append(tx, emit, {
            ...requester,
            phase: 'OBSERVED',
            action: 'signOut',
            targets: holder ? targets(session, holder) : [],
          });
        },
        () => drop(id),
      )
      .catch((error: unknown) => {
        throw unavailable('sign-out', error);
      });
    endings.ended(id);
  };

  return {
    authenticate: (presented) => {
      const session = byHash.get(digest(presented));
      if (!session) return null;
      const holder = isOpen(session) ? holders.use(session.holderId) : null;
      if (holder) return { session, holder };
      drop(session.id);
      return null;
    },
    signIn: async (holder, requester, signedInWith, beside) => {
      await take(holder.id);
      for (const { session } of [...byId.values()]) if (!isOpen(session)) drop(session.id);
      const own = [...byId.values()].filter(({ session }) => session.holderId === holder.id);
      for (const { session } of own.slice(0, Math.max(0, own.length - mostSessions + 1)))
        await signOut(session, requester);
      const secret = `skep_session_${randomBytes(32).toString('base64url')}`;
      const createdAt = clock.now();
      const ends = new Date(createdAt.getTime() + hours * 3_600_000);
      const session: Session = {
        id: uuidv7(),
        holderId: holder.id,
        createdAt,
        expiresAt: holder.expiresAt && holder.expiresAt < ends ? holder.expiresAt : ends,
        sourceAddress: requester.sourceAddress,
      };
      const hashed = digest(secret);
      await events
        .transact(
          async (tx, emit) => {
            const committed = await beside?.write(tx);
            await tx.session.create({ data: { ...session, hash: hashed } });
            await audit.append(tx, emit, {
              ...requester,
              phase: 'OBSERVED',
              action: 'signIn',
              targets: targets(session, holder),
              input: { with: signedInWith, expiresAt: session.expiresAt, ...beside?.input },
            });
            return committed;
          },
          (committed) => {
            committed?.();
            keep(hashed, session);
          },
        )
        .catch((error: unknown) => {
          throw unavailable('sign-in', error);
        });
      return { session, secret };
    },
    signOut,
    end: async (id) => {
      await events.transact(
        async (tx) =>
          void (await tx.session.updateMany({
            where: { id, endedAt: null },
            data: { endedAt: clock.now() },
          })),
        () => drop(id),
      );
      endings.ended(id);
    },
    find: (id) => {
      const session = byId.get(id)?.session;
      return session && isOpen(session) ? session : null;
    },
    list: () => [...byId.values()].map(({ session }) => session).filter(isOpen),
    onEnd: (id, listener) => {
      const holderId = byId.get(id)?.session.holderId;
      // It may have ended between the look at it and this.
      if (holderId === undefined) {
        const now = setImmediate(listener);
        return () => clearImmediate(now);
      }
      const end = (): void => {
        forget();
        listener();
      };
      const forgets = [endings.onEnd(id, end), holders.onEnd(holderId, end)];
      const forget = (): void => {
        for (const each of forgets) each();
      };
      return forget;
    },
  };
};
