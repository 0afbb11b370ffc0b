// GET /session/oidc and GET /session/callback: a person goes to the provider and comes back, with a session or with a
// reason why not, which the sign-in page shows. GET /session/oidc/end: whoever signed out here does so there as well.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Requester } from '../audit/actor.ts';
import { anonymous, type Denials } from '../audit/denials.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import { uuidv7 } from '../platform/ids.ts';
import type { Log } from '../platform/log.ts';
import { createTake, sourceKey } from './attempts.ts';
import { actorOf } from './holders.ts';
import { type GroupRule, rightsOfGroups } from './oidc-groups.ts';
import type { Identity, Provider } from './oidc-provider.ts';
import { createTransactions, transactionSeconds } from './oidc-transactions.ts';
import { haveSameRights, type Person, type Persons, personId } from './persons.ts';
import type { SessionCookie } from './session-cookie.ts';
import type { Sessions } from './sessions.ts';

/** From one address. */
export const signInStartsPerMinute = 60;

/** A path of the console, and nothing else that an address could be read as: never another site. */
export const safeReturn = (asked: string | null): string => {
  const here = 'http://console.invalid';
  const url = asked?.startsWith('/') ? URL.parse(asked, here) : null;
  // As it is read by the browser that is sent there: /.//host is //host.
  const isOurs =
    url?.origin === here && !/^\/([/\\]|(session|graphql|audit\/export|agent)(\/|$))/.test(url.pathname);
  return isOurs && url ? `${url.pathname}${url.search}` : '/';
};

type Parts = {
  provider: Provider;
  rules: readonly GroupRule[];
  clusterIds: (idOrName: string) => readonly string[];
  persons: Persons;
  sessions: Sessions;
  denials: Denials;
  sourceOf: (request: IncomingMessage) => string | null;
  /** How long a session lasts. */
  hours: number;
  clock: Clock;
};

/** Who came back from the provider, with a session. @throws Failure NO_GROUP_FITS, AUDIT_UNAVAILABLE, RATE_LIMITED */
const createEnter = ({ rules, clusterIds, persons, sessions, denials, hours, clock }: Parts) => {
  const requesterOf = (person: Person, sourceAddress: string | null): Requester => ({
    actor: actorOf(person),
    requestId: uuidv7(),
    sourceAddress,
  });
  return async ({ issuer, subject, name, groups }: Identity, sourceAddress: string | null) => {
    const id = personId(issuer, subject);
    const rights = rightsOfGroups(rules, groups, clusterIds);
    const open = sessions.list().filter(({ holderId }) => holderId === id);
    if (!rights) {
      // What it may do it may by groups of before.
      if (persons.isValid(id)) await persons.end(id);
      const actor = { kind: 'PERSON', id, name } as const;
      for (const each of open) await sessions.signOut(each, { actor, requestId: uuidv7(), sourceAddress });
      const failure = new Failure(
        'NO_GROUP_FITS',
        'the provider knows you, but none of your groups may do anything here',
        'ask whoever runs the server; then sign in again',
      );
      await denials.denied({
        action: 'signIn',
        actor,
        failure: failureInfo(failure),
        requestId: uuidv7(),
        sourceAddress,
      });
      throw failure;
    }
    const expiresAt = new Date(clock.now().getTime() + hours * 3_600_000);
    const person: Person = { kind: 'PERSON', id, issuer, subject, name, ...rights, expiresAt, endedAt: null };
    const requester = requesterOf(person, sourceAddress);
    const before = persons.find(id);
    // What is open was opened with other rights, and what is told there is told by those.
    if (before && !haveSameRights(before, person))
      for (const each of open) await sessions.signOut(each, requester);
    return sessions.signIn(person, requester, 'OIDC', {
      input: { issuer, subject, ...rights },
      write: (tx) => persons.write(tx, person),
    });
  };
};

export type OidcEndpoint = Record<
  'start' | 'callback' | 'end',
  (request: IncomingMessage, response: ServerResponse) => void
>;

/** @param consoleUrl where the browser finds the server, without a slash at its end. */
export const createOidcEndpoint = ({
  cookie,
  sessionCookie,
  consoleUrl,
  log,
  ...parts
}: Parts & {
  cookie: SessionCookie;
  sessionCookie: SessionCookie;
  consoleUrl: () => string;
  log: Log;
}): OidcEndpoint => {
  const { provider, denials, sourceOf, clock } = parts;
  const transactions = createTransactions();
  const enter = createEnter(parts);
  const take = createTake({
    most: signInStartsPerMinute,
    seconds: 60,
    what: 'too many sign-ins were begun from this address',
  });

  const start = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    await take(sourceKey(sourceOf(request)));
    const asked = new URL(request.url ?? '/', 'http://localhost').searchParams.get('return');
    const redirectUri = `${consoleUrl()}/session/callback`;
    const { url, checks } = await provider.begin(redirectUri);
    const secret = transactions.begin({ checks, redirectUri, returnTo: safeReturn(asked) });
    response.writeHead(303, { location: url, 'set-cookie': cookie.set(secret, transactionSeconds) }).end();
  };

  const callback = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { search, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const presented = cookie.in(request.headers.cookie);
    const begun = presented === null ? null : transactions.take(presented, searchParams.get('state'));
    if (!begun)
      throw new Failure(
        'SIGN_IN_EXPIRED',
        'this sign-in was not begun in this browser, or is over',
        'sign in again; it has to be done within ten minutes, in one window',
      );
    const identity = await provider.finish(new URL(`${begun.redirectUri}${search}`), begun.checks);
    const { session, secret } = await enter(identity, sourceOf(request));
    const seconds = Math.floor((session.expiresAt.getTime() - clock.now().getTime()) / 1_000);
    response
      .writeHead(303, {
        location: begun.returnTo,
        'set-cookie': [sessionCookie.set(secret, seconds), cookie.clear()],
      })
      .end();
  };

  const end = async (_: IncomingMessage, response: ServerResponse): Promise<void> => {
    const location = (await provider.end(`${consoleUrl()}/`)) ?? '/';
    response.writeHead(303, { location }).end();
  };

  /** The page has words for each code; a text in an address would be whatever somebody else wrote there. */
  const refuse = (response: ServerResponse, request: IncomingMessage, error: unknown): void => {
    if (!(error instanceof Failure)) log.error({ err: error }, 'a sign-in failed unexpectedly');
    const failure = failureInfo(error);
    if (failure.code === 'SIGN_IN_INVALID')
      denials.note({
        action: 'signIn',
        actor: anonymous,
        failure,
        requestId: uuidv7(),
        sourceAddress: sourceOf(request),
      });
    response.writeHead(303, { location: `/#sign-in=${failure.code}` }).end();
  };

  const answering =
    (answer: typeof start): OidcEndpoint['start'] =>
    (request, response) => {
      response.setHeader('cache-control', 'no-store');
      response.setHeader('referrer-policy', 'no-referrer');
      response.setHeader('x-content-type-options', 'nosniff');
      if (request.method !== 'GET') {
        response.writeHead(405, { allow: 'GET' }).end();
        return;
      }
      answer(request, response).catch((error: unknown) => refuse(response, request, error));
    };
  return { start: answering(start), callback: answering(callback), end: answering(end) };
};
