// A browser that the console is shown in, as far as the server sees one: an origin, and the cookie that it was given.
import type { ServerProcess } from '../../lab/processes.ts';

type Server = Pick<ServerProcess, 'url'>;

/** As the browser names where its page is from. */
export const originOf = ({ url }: Server): string => new URL(url).origin;

export type Told = {
  status: number;
  headers: Headers;
  body: any;
  /** Code of the first error. */
  code: string | undefined;
  /** What is sent along from now on; null: no cookie was set. */
  cookie: string | null;
};

/** @param headers beside those of the console's own page; `origin: ''` sends none. */
export const askSession = async (
  server: Server,
  {
    method = 'POST',
    body,
    headers = {},
  }: { method?: string; body?: unknown; headers?: Record<string, string> },
): Promise<Told> => {
  const sent = { origin: originOf(server), 'content-type': 'application/json', ...headers };
  const response = await fetch(`${originOf(server)}/session`, {
    method,
    headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== '')),
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const told = text === '' ? null : JSON.parse(text);
  return {
    status: response.status,
    headers: response.headers,
    body: told,
    code: told?.errors?.[0]?.extensions.code,
    cookie: response.headers.get('set-cookie')?.split(';', 1)[0] ?? null,
  };
};

/** @returns the cookie. @throws Error when it is not let in. */
export const signIn = async (server: Server, body: { key: string } | { ticket: string }): Promise<string> => {
  const { status, cookie, code } = await askSession(server, { body });
  if (status !== 200 || cookie === null) throw new Error(`not signed in: ${status} ${code}`);
  return cookie;
};

export const signOut = (server: Server, cookie: string): Promise<Told> =>
  askSession(server, { method: 'DELETE', headers: { cookie } });
