// Which server is asked, with which key, about which cluster, and which host is meant by `self`.
import { Complaint, misuse } from './complaint.ts';
import { type Context, contextNamed, readContexts } from './contexts.ts';
import { readKey } from './values.ts';

/** As given on the command line. */
export type Given = { context?: string; server?: string; keyFile?: string; cluster?: string; on?: string };

export type Settings = {
  /** Of GraphQL. */
  url: string;
  key(): string;
  /** Where the key is from, in words. */
  keyFrom: string;
  cluster: string | null;
  on: string | null;
};

/** Where a server listens when nobody says otherwise. */
const defaultServer = 'http://127.0.0.1:4000';

/** The address of GraphQL, of whatever is given of the server's. @throws Complaint BAD_USAGE */
export const graphqlUrl = (server: string): string => {
  const text = /^\w+:\/\//.test(server) ? server : `https://${server}`;
  if (!URL.canParse(text))
    throw misuse(`${server} is no address of a server`, 'write it as https://skep.example.org');
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol)) throw misuse(`${server}: a server is reached by https or http`);
  if (url.username !== '' || url.password !== '')
    throw misuse(
      'the server’s address holds a user or password',
      'give the key with SKEP_KEY_FILE or a context',
    );
  if (url.pathname === '/') url.pathname = '/graphql';
  return url.href;
};

/** Said where a key would go over a network for everybody on it to read; null: it does not. */
export const inClear = (url: string): string | null =>
  url.startsWith('http:') && !/^(127(\.\d+){3}|localhost|\[::1\])$/.test(new URL(url).hostname)
    ? `Warning: ${new URL(url).host} is reached without TLS: everybody on the way can read the key (NOT_ENCRYPTED)`
    : null;

const present = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

/**
 * A server and its key come from the same place, so that no key reaches a server that it is not for: options, then
 * --context, then SKEP_SERVER with SKEP_KEY or SKEP_KEY_FILE, then SKEP_CONTEXT, then the context in use.
 */
export const resolveSettings = (given: Given, env: NodeJS.ProcessEnv): Settings => {
  const ofEnv = present(env.SKEP_SERVER);
  const name = given.context ?? (ofEnv === undefined ? present(env.SKEP_CONTEXT) : undefined);
  let context: Context | null = null;
  let named = name;
  if (given.server === undefined) {
    if (name !== undefined) context = contextNamed(readContexts(env), name);
    else if (
      ofEnv === undefined &&
      present(env.SKEP_KEY) === undefined &&
      present(env.SKEP_KEY_FILE) === undefined
    ) {
      const all = readContexts(env);
      if (all.current !== null) {
        named = all.current;
        context = contextNamed(all, all.current);
      }
    }
  } else if (given.context !== undefined) throw misuse('give --server or --context, not both');
  const sources: readonly [string, string | undefined, (given: string) => string][] = [
    ['--key-file', given.keyFile, readKey],
    [`the context ${named}`, context?.key, (key) => key],
    ['SKEP_KEY', present(env.SKEP_KEY), (key) => key.trim()],
    ['SKEP_KEY_FILE', present(env.SKEP_KEY_FILE), readKey],
  ];
  const [from, source, read] = sources.find(([, value]) => value !== undefined) ?? [];
  const key = (): string => {
    if (source !== undefined && read) return read(source);
    throw new Complaint(
      'denied',
      'NO_KEY',
      'no key is given',
      'skep context create NAME --server URL < file-with-the-key, or set SKEP_KEY_FILE',
    );
  };
  return {
    url: graphqlUrl(given.server ?? context?.server ?? ofEnv ?? defaultServer),
    key,
    keyFrom: from ?? 'nowhere',
    cluster: given.cluster ?? present(env.SKEP_CLUSTER) ?? context?.cluster ?? null,
    on: given.on ?? present(env.SKEP_ON) ?? context?.on ?? null,
  };
};
