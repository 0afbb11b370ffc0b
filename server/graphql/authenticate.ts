// From a presented key to a context: the same way for HTTP, SSE and sockets.
import type { Context, Parts } from '../context.ts';
import { Failure } from '../platform/failure.ts';
import { uuidv7 } from '../platform/ids.ts';

/** `Bearer …` or the key alone. */
export const presentedKey = (authorization: unknown): string | null =>
  typeof authorization === 'string' ? authorization.replace(/^Bearer\s+/i, '').trim() || null : null;

/** @throws Failure UNAUTHENTICATED */
export const authenticate = (parts: Parts, authorization: unknown, sourceAddress: string | null): Context => {
  const key = presentedKey(authorization);
  const viewer = key === null ? null : parts.apiKeys.authenticate(key);
  if (!viewer)
    throw new Failure(
      'UNAUTHENTICATED',
      'no valid API key was presented',
      'send it as Authorization: Bearer skep_key_…',
    );
  return {
    ...parts,
    viewer,
    requester: {
      actor: { kind: 'API_KEY', id: viewer.id, name: viewer.name },
      requestId: uuidv7(),
      sourceAddress,
    },
  };
};
