// When who asks may ask no more: its key was revoked or has expired, or the session that it asks by has ended.
import type { Asker, Parts } from '../context.ts';
import { Failure } from '../platform/failure.ts';

/** Calls once. @returns what forgets the call. */
export const onEndOf = (
  { apiKeys, sessions }: Pick<Parts, 'apiKeys' | 'sessions'>,
  { viewer, session }: Pick<Asker, 'viewer' | 'session'>,
  listener: () => void,
): (() => void) =>
  session === null ? apiKeys.onEnd(viewer.id, listener) : sessions.onEnd(session, listener);

/** What is told then. */
export const endedFailure = ({ session }: Pick<Asker, 'session'>): Failure =>
  session === null
    ? new Failure('UNAUTHENTICATED', 'the key is no longer valid', 'use another key')
    : new Failure('UNAUTHENTICATED', 'the session has ended', 'sign in again');
