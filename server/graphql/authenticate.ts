// From a presented key to who asks: the same way for HTTP, SSE and sockets.
import { type Attempts, createTake } from '../access/attempts.ts';
import { anonymous } from '../audit/denials.ts';
import type { Asker, Parts } from '../context.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import { uuidv7 } from '../platform/ids.ts';

/** `Bearer …` or the key alone. */
export const presentedKey = (authorization: unknown): string | null =>
  typeof authorization === 'string' ? authorization.replace(/^Bearer\s+/i, '').trim() || null : null;

/** @throws Failure UNAUTHENTICATED, RATE_LIMITED */
export type Authenticate = (authorization: unknown, sourceAddress: string | null) => Promise<Asker>;

/**
 * The right key is looked at first and always taken: nobody can lock it out by guessing, from wherever.
 * @param attempts wrong keys by source.
 * @param wrongPerMinute wrong secrets for one key's id, from all sources together.
 */
export const createAuthenticate = (
  { apiKeys, denials }: Pick<Parts, 'apiKeys' | 'denials'>,
  { attempts, wrongPerMinute }: { attempts: Attempts; wrongPerMinute: number },
): Authenticate => {
  const takeOfKey = createTake({
    most: wrongPerMinute,
    seconds: 60,
    what: 'too many wrong secrets were presented for this key’s id',
  });
  /** Who knows no key is told so and is not worth a record: health checks, browsers. */
  const deny = (key: string, sourceAddress: string | null, error: unknown): void => {
    if (!(error instanceof Failure)) return;
    const id = /^skep_key_([a-z0-9]{8})_/.exec(key)?.[1];
    const known = id === undefined ? null : apiKeys.find(id);
    // Of ids that there are only, as below.
    const actor = known ? { ...anonymous, id: known.id, name: `wrong key for ${known.name}` } : anonymous;
    denials.note({
      action: 'authenticate',
      actor,
      failure: failureInfo(error),
      requestId: null,
      sourceAddress,
    });
  };
  return async (authorization, sourceAddress) => {
    const key = presentedKey(authorization);
    const viewer = key === null ? null : apiKeys.authenticate(key);
    if (!viewer) {
      const refusal = new Failure(
        'UNAUTHENTICATED',
        'no valid API key was presented',
        'send it as Authorization: Bearer skep_key_…',
      );
      if (key === null) throw refusal;
      try {
        await attempts.failed(sourceAddress);
        const id = /^skep_key_([a-z0-9]{8})_/.exec(key)?.[1];
        // Of ids that there are only: others could be made up without end.
        if (id !== undefined && apiKeys.find(id)) await takeOfKey(id);
        throw refusal;
      } catch (error) {
        deny(key, sourceAddress, error);
        throw error;
      }
    }
    return {
      viewer,
      requester: {
        actor: { kind: 'API_KEY', id: viewer.id, name: viewer.name },
        requestId: uuidv7(),
        sourceAddress,
      },
    };
  };
};
