// A browser without a page, for signing in at a provider: it keeps cookies, and follows where it is sent.
import type { ServerProcess } from '../../lab/processes.ts';
import { originOf } from './console.ts';

type Server = Pick<ServerProcess, 'url'>;

export type Hop = { status: number; url: string; location: string | null; setCookies: readonly string[] };

export type HeadlessBrowser = {
  /** One request, and where it leads; nothing is followed. */
  ask(url: string, body?: URLSearchParams): Promise<Hop & { text: string }>;
  /** Follows redirects until a page, or until one leads to where `stopAt` says so. */
  follow(
    url: string,
    stopAt: (location: string) => boolean,
    body?: URLSearchParams,
  ): Promise<Hop & { text: string }>;
  /** As the header Cookie, for an address. */
  cookies(url: string): string;
  setCookie(url: string, name: string, value: string): void;
};

export const createHeadlessBrowser = (): HeadlessBrowser => {
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (url: string): Map<string, string> => {
    const { origin } = new URL(url);
    const jar = jars.get(origin) ?? new Map<string, string>();
    jars.set(origin, jar);
    return jar;
  };
  const cookies = (url: string): string =>
    [...jarOf(url)].map(([name, value]) => `${name}=${value}`).join('; ');
  const ask: HeadlessBrowser['ask'] = async (url, body) => {
    const response = await fetch(url, {
      redirect: 'manual',
      method: body ? 'POST' : 'GET',
      headers: { cookie: cookies(url), accept: 'text/html' },
      ...(body ? { body } : {}),
    });
    const setCookies = response.headers.getSetCookie();
    for (const each of setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? [];
      if (value === '' || /Max-Age=0|expires=Thu, 01 Jan 1970/i.test(each)) jarOf(url).delete(name);
      else jarOf(url).set(name, value);
    }
    const location = response.headers.get('location');
    return {
      status: response.status,
      url,
      location: location && new URL(location, url).href,
      setCookies,
      text: await response.text(),
    };
  };
  return {
    ask,
    follow: async (url, stopAt, body) => {
      let hop = await ask(url, body);
      for (let hops = 0; hop.location !== null && !stopAt(hop.location); hops += 1) {
        if (hops > 10) throw new Error(`sent on and on: ${hop.location}`);
        hop = await ask(hop.location);
      }
      return hop;
    },
    cookies,
    setCookie: (url, name, value) => void jarOf(url).set(name, value),
  };
};

const isCallback = (location: string): boolean => location.includes('/session/callback');

/** From the console to the provider, in as somebody there, and up to the address that it sends the browser back to. */
export const goThroughProvider = async (
  browser: HeadlessBrowser,
  server: Server,
  login: string,
  path = '/session/oidc',
): Promise<string> => {
  const form = await browser.follow(`${originOf(server)}${path}`, isCallback);
  if (form.location !== null) return form.location;
  const action = /action="([^"]+)"/.exec(form.text)?.[1];
  if (action === undefined) throw new Error(`no page to sign in: ${form.status} ${form.text}`);
  const back = await browser.follow(
    new URL(action, form.url).href,
    isCallback,
    new URLSearchParams({ login, do: login === '' ? 'cancel' : 'enter' }),
  );
  if (back.location === null) throw new Error(`not sent back: ${back.status} ${back.text}`);
  return back.location;
};

export type Entered = Hop & {
  /** The cookie of the session; null: there is none. */
  cookie: string | null;
  /** Why not. */
  code: string | null;
};

/** The whole way. */
export const signInAt = async (
  server: Server,
  login: string,
  { browser = createHeadlessBrowser(), path = '/session/oidc' } = {},
): Promise<Entered> => {
  const hop = await browser.ask(await goThroughProvider(browser, server, login, path));
  return { ...hop, ...readEntered(hop) };
};

export const readEntered = ({ setCookies, location }: Hop): Pick<Entered, 'cookie' | 'code'> => ({
  cookie: setCookies.find((each) => /skep_session=[^;]/.test(each))?.split(';', 1)[0] ?? null,
  code: new URLSearchParams(new URL(location ?? 'http://none').hash.slice(1)).get('sign-in'),
});
