// Who may export the history: the one thing beside GraphQL that a key opens, by the same way in.
import type { IncomingMessage } from 'node:http';
import type { ApiKeys } from '../access/api-keys.ts';
import type { Denials } from '../audit/denials.ts';
import type { AdmitExport } from '../audit/export-endpoint.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import type { Authenticate } from './authenticate.ts';

export const createAdmitExport =
  ({
    authenticate,
    apiKeys,
    denials,
    sourceOf,
  }: {
    authenticate: Authenticate;
    apiKeys: ApiKeys;
    denials: Denials;
    sourceOf: (request: IncomingMessage) => string | null;
  }): AdmitExport =>
  async (request) => {
    const { requester, viewer } = await authenticate(request.headers.authorization, sourceOf(request));
    if (!apiKeys.authorise(requester.actor, 'audit:export')) {
      const failure = new Failure('FORBIDDEN', 'an export needs the permission audit:export', 'ask an admin');
      await denials.denied({ ...requester, action: 'exportAudit', failure: failureInfo(failure) });
      throw failure;
    }
    return {
      requester,
      scope: apiKeys.clustersOf(requester.actor),
      onEnd: (listener) => apiKeys.onEnd(viewer.id, listener),
    };
  };
