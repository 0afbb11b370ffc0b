// From what was presented to who asks: the same way for HTTP, SSE and sockets.
import { type Attempts, createTake } from '../access/attempts.ts';
import { actorOf, type Holder } from '../access/holders.ts';
import type { Actor } from '../audit/actor.ts';
import { anonymous } from '../audit/denials.ts';
import type { Asker, Parts } from '../context.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import { uuidv7 } from '../platform/ids.ts';
import type { Presented } from './present.ts';

/** `Bearer …` or the key alone. */
export const presentedKey = (authorization: unknown): string | null =>
  typeof authorization === 'string' ? authorization.replace(/^Bearer\s+/i, '').trim() || null : null;

/** @throws Failure UNAUTHENTICATED, RATE_LIMITED, FORBIDDEN */
export type Authenticate = (presented: Presented, sourceAddress: string | null) => Promise<Asker>;

/**
 * The right key is looked at first and always taken: nobody can lock it out by guessing, from wherever.
 * @param attempts wrong keys and tickets by source.
 * @param wrongPerMinute wrong secrets for one key's id, from all sources together.
 */
export const createAuthenticate = (
  {
    apiKeys,
    holders,
    sessions,
    tickets,
    denials,
  }: Pick<Parts, 'apiKeys' | 'holders' | 'sessions' | 'tickets' | 'denials'>,
  { attempts, wrongPerMinute }: { attempts: Attempts; wrongPerMinute: number },
): Authenticate => {
  const takeOfKey = createTake({
    most: wrongPerMinute,
    seconds: 60,
    what: 'too many wrong secrets were presented for this key’s id',
  });
  const deny = (actor: Actor, sourceAddress: string | null, error: unknown): void => {
    if (!(error instanceof Failure)) return;
    denials.note({
      action: 'authenticate',
      actor,
      failure: failureInfo(error),
      requestId: null,
      sourceAddress,
    });
  };
  /** @param known the key whose id was presented, of ids that there are only: others could be made up without end. */
  const refuse = async (
    refusal: Failure,
    sourceAddress: string | null,
    known: Holder | null,
  ): Promise<never> => {
    try {
      await attempts.failed(sourceAddress);
      if (known) await takeOfKey(known.id);
      throw refusal;
    } catch (error) {
      const actor = known ? { ...anonymous, id: known.id, name: `wrong key for ${known.name}` } : anonymous;
      deny(actor, sourceAddress, error);
      throw error;
    }
  };
  const asker = (viewer: Holder, sourceAddress: string | null, session: string | null): Asker => ({
    viewer,
    session,
    requester: { actor: actorOf(viewer), requestId: uuidv7(), sourceAddress },
  });

  const byKey = async (authorization: unknown, sourceAddress: string | null): Promise<Asker> => {
    const key = presentedKey(authorization);
    const viewer = key === null ? null : apiKeys.authenticate(key);
    if (viewer) return asker(viewer, sourceAddress, null);
    const refusal = new Failure(
      'UNAUTHENTICATED',
      'no valid API key was presented',
      'send it as Authorization: Bearer skep_key_…',
    );
    // Who knows no key is told so and is not worth a record: health checks, browsers.
    if (key === null) throw refusal;
    const id = /^skep_key_([a-z0-9]{8})_/.exec(key)?.[1];
    return refuse(refusal, sourceAddress, id === undefined ? null : apiKeys.find(id));
  };

  const byTicket = async (presented: string, sourceAddress: string | null): Promise<Asker> => {
    const ticket = tickets.take(presented);
    const viewer = ticket && holders.use(ticket.holderId);
    if (viewer) return asker(viewer, sourceAddress, null);
    const refusal = new Failure(
      'UNAUTHENTICATED',
      'the ticket is unknown, used or expired',
      'make a new one with createSignInLink',
    );
    return refuse(refusal, sourceAddress, null);
  };

  /** A session that has ended is no guess: a browser goes on to send its cookie. */
  const bySession = (presented: string, isOwn: boolean, sourceAddress: string | null): Asker => {
    const found = sessions.authenticate(presented);
    if (!isOwn) {
      const refusal = new Failure(
        'FORBIDDEN',
        'a session is for the console’s own page',
        'present an API key as Authorization: Bearer skep_key_…',
      );
      if (found) deny(actorOf(found.holder), sourceAddress, refusal);
      throw refusal;
    }
    if (!found) throw new Failure('UNAUTHENTICATED', 'the session has ended', 'sign in again');
    return asker(found.holder, sourceAddress, found.session.id);
  };

  return async (presented, sourceAddress) => {
    if ('authorization' in presented) return byKey(presented.authorization, sourceAddress);
    if ('ticket' in presented) return byTicket(presented.ticket, sourceAddress);
    return bySession(presented.session, presented.isOwn, sourceAddress);
  };
};
