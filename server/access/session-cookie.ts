// The cookies of signing in: that of a session is sent to no other site, that of a sign-in at a provider comes along when
// the browser is back from there; neither is read by a script.
// https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis

export type SessionCookie = {
  /** The secret in a request's header Cookie; null: there is none. */
  in(header: string | undefined): string | null;
  /** For Set-Cookie. */
  set(secret: string, seconds: number): string;
  /** For Set-Cookie: the browser forgets it. */
  clear(): string;
};

/** @param secure browsers reach the server by TLS: then the cookie is for TLS alone, and for no other host of the domain. */
const createCookie = (plainName: string, sameSite: 'Strict' | 'Lax', secure: boolean): SessionCookie => {
  const name = secure ? `__Host-${plainName}` : plainName;
  const begin = `${name}=`;
  const written = (value: string, seconds: number): string =>
    `${begin}${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=${sameSite}${secure ? '; Secure' : ''}`;
  return {
    in: (header) => {
      if (!header?.includes(begin)) return null;
      const own = header
        .split(';')
        .map((each) => each.trim())
        .find((each) => each.startsWith(begin));
      return own?.slice(begin.length) || null;
    },
    set: written,
    clear: () => written('', 0),
  };
};

export const createSessionCookie = (secure: boolean): SessionCookie =>
  createCookie('skep_session', 'Strict', secure);

/** Binds a sign-in at a provider to the browser that began it. */
export const createSignInCookie = (secure: boolean): SessionCookie =>
  createCookie('skep_signin', 'Lax', secure);
