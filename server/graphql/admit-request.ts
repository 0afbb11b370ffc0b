// Who may have what is asked for beside GraphQL (the history as a whole, the numbers): by the same way in.
import type { IncomingMessage } from 'node:http';
import type { Permission } from '../access/permissions.ts';
import type { Requester } from '../audit/actor.ts';
import type { Parts } from '../context.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import type { Authenticate } from './authenticate.ts';
import { onEndOf } from './on-end.ts';
import type { Present } from './present.ts';

/** @throws Failure UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED */
export type AdmitRequest = (request: IncomingMessage) => Promise<{
  requester: Requester;
  scope: readonly string[] | null;
  /** Calls when the key is revoked or expires. @returns what forgets the call. */
  onEnd: (listener: () => void) => () => void;
}>;

export const createAdmitRequest =
  ({
    present,
    authenticate,
    parts,
  }: {
    present: Present;
    authenticate: Authenticate;
    parts: Pick<Parts, 'apiKeys' | 'holders' | 'sessions' | 'denials' | 'sourceOf'>;
  }) =>
  /** @param action what a denial is put on record as. */
  (permission: Permission, action: string): AdmitRequest =>
  async (request) => {
    const asker = await authenticate(present(request), parts.sourceOf(request));
    const { requester } = asker;
    const { holders, denials } = parts;
    if (!holders.authorise(requester.actor, permission)) {
      const failure = new Failure(
        'FORBIDDEN',
        `${action} needs the permission ${permission}`,
        'ask an admin',
      );
      await denials.denied({ ...requester, action, failure: failureInfo(failure) });
      throw failure;
    }
    return {
      requester,
      scope: holders.clustersOf(requester.actor),
      onEnd: (listener) => onEndOf(parts, asker, listener),
    };
  };
