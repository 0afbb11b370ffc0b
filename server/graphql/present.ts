// What a request presents itself with: a key, or the cookie of a session where no key was presented.
import type { IncomingMessage } from 'node:http';
import type { SessionCookie } from '../access/session-cookie.ts';
import type { Origins } from './origins.ts';

/** Made here and of what the server itself was asked with; of what a caller writes only `authorization` is taken. */
export type Presented =
  | { authorization: unknown }
  /** A cookie is sent by whatever page a browser shows: `isOwn` says whether it was the console's. */
  | { session: string; isOwn: boolean }
  /** It is spent by this. */
  | { ticket: string };

export type Present = {
  (request: IncomingMessage): Presented;
  /** Of a socket, whose key comes later. */
  cookieOf(request: IncomingMessage): Presented | null;
};

export const createPresent = ({
  cookie,
  origins: { isOwn },
}: {
  cookie: SessionCookie;
  origins: Pick<Origins, 'isOwn'>;
}): Present => {
  const cookieOf = (request: IncomingMessage): Presented | null => {
    const session = cookie.in(request.headers.cookie);
    return session === null ? null : { session, isOwn: isOwn(request) };
  };
  const present = (request: IncomingMessage): Presented => {
    const { authorization } = request.headers;
    return (authorization === undefined ? cookieOf(request) : null) ?? { authorization };
  };
  return Object.assign(present, { cookieOf });
};
