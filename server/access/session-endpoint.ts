// GET, POST and DELETE /session: how to sign in to the console, in and out. Beside GraphQL, because a cookie is a matter of
// HTTP.
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import type { Requester } from '../audit/actor.ts';
import { answerFailure } from '../platform/answer-failure.ts';
import { Failure } from '../platform/failure.ts';
import { uuidv7 } from '../platform/ids.ts';
import type { Log } from '../platform/log.ts';
import { readJson } from '../platform/read-json.ts';
import { actorOf, type Holder } from './holders.ts';
import type { SessionCookie } from './session-cookie.ts';
import type { Sessions } from './sessions.ts';

/** Whose key or ticket it is. @throws Failure UNAUTHENTICATED, RATE_LIMITED */
export type AuthenticateSignIn = (
  given: { authorization: string } | { ticket: string },
  sourceAddress: string | null,
) => Promise<{ viewer: Holder; requester: Requester }>;

const maxBodyBytes = 1_024;
const secret = z.string().min(1).max(200);
const input = z.union([z.strictObject({ key: secret }), z.strictObject({ ticket: secret })]);

export const createSessionEndpoint = ({
  sessions,
  cookie,
  authenticate,
  isOwn,
  sourceOf,
  providerName,
  log,
}: {
  sessions: Sessions;
  cookie: SessionCookie;
  authenticate: AuthenticateSignIn;
  /** Whether the console's own page asks. */
  isOwn: (request: IncomingMessage) => boolean;
  sourceOf: (request: IncomingMessage) => string | null;
  /** Where persons sign in; null: nowhere. */
  providerName: string | null;
  log: Log;
}): ((request: IncomingMessage, response: ServerResponse) => void) => {
  const signIn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const given = input.safeParse(await readJson(request, maxBodyBytes));
    if (!given.success)
      throw new Failure(
        'BAD_USER_INPUT',
        'the body has not exactly one of key and ticket',
        'send {"key": "skep_key_…"} or {"ticket": "skep_ticket_…"}',
      );
    const { data } = given;
    const { viewer, requester } = await authenticate(
      'key' in data ? { authorization: data.key } : data,
      sourceOf(request),
    );
    const { session, secret: made } = await sessions.signIn(
      viewer,
      requester,
      'key' in data ? 'KEY' : 'TICKET',
    );
    const { createdAt, expiresAt } = session;
    const seconds = Math.floor((expiresAt.getTime() - createdAt.getTime()) / 1_000);
    response
      .writeHead(200, { 'content-type': 'application/json', 'set-cookie': cookie.set(made, seconds) })
      .end(JSON.stringify({ expiresAt }));
  };

  const signOut = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const presented = cookie.in(request.headers.cookie);
    const found = presented === null ? null : sessions.authenticate(presented);
    if (found) {
      await sessions.signOut(found.session, {
        actor: actorOf(found.holder),
        requestId: uuidv7(),
        sourceAddress: sourceOf(request),
      });
    }
    response.writeHead(204, { 'set-cookie': cookie.clear() }).end();
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // Before anything else: another page must not sign its reader in as somebody, nor out.
    if (!isOwn(request))
      throw new Failure(
        'FORBIDDEN',
        'only the console’s own page signs in and out',
        'open the console under its own address; behind a proxy that changes it, set SKEP_CONSOLE_URL',
      );
    if (request.method === 'POST') return signIn(request, response);
    if (request.method === 'DELETE') return signOut(request, response);
    if (request.method === 'GET') {
      const oidc = providerName === null ? null : { name: providerName, start: '/session/oidc' };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ oidc }));
      return;
    }
    response.writeHead(405, { allow: 'GET, POST, DELETE' }).end();
  };

  return (request, response) => {
    response.setHeader('cache-control', 'no-store');
    response.setHeader('x-content-type-options', 'nosniff');
    answer(request, response).catch((error: unknown) =>
      answerFailure(response, error, 'a sign-in or sign-out', log),
    );
  };
};
