// A server and a real OpenID provider that know each other, and what a person asks once signed in.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ask, createAsk } from '../../lab/client.ts';
import { freePort, type ServerProcess, startServer } from '../../lab/processes.ts';
import { send } from '../transports/raw.ts';
import { originOf } from './console.ts';
import { signInAt } from './oidc-browser.ts';
import { type Account, type RunningProvider, startProvider } from './oidc-provider.ts';
import { documentOf, type Performed } from './perform.ts';

/** Who signed in, by the cookie. */
export type Person = {
  cookie: string;
  /** @returns the data. @throws Error with the codes. */
  ask(query: string, variables?: object): Promise<Record<string, any>>;
  /** Codes of the refusal. @throws Error when it was answered. */
  refused(query: string, variables?: object): Promise<(string | undefined)[]>;
  perform(mutation: string, input: Record<string, unknown>): Promise<Performed>;
};

type Server = Pick<ServerProcess, 'url' | 'adminKey'>;

export const personBy = (server: Server, cookie: string): Person => {
  const tell = (query: string, variables: object = {}) =>
    send(server, {
      key: null,
      body: JSON.stringify({ query, variables }),
      headers: { cookie, origin: originOf(server) },
    });
  const ask: Person['ask'] = async (query, variables) => {
    const { data, codes, text } = await tell(query, variables);
    if (codes.length > 0 || !data) throw new Error(`${codes.join(', ')}: ${text}`);
    return data;
  };
  return {
    cookie,
    ask,
    refused: async (query, variables) => {
      const { codes, text } = await tell(query, variables);
      if (codes.length === 0) throw new Error(`it was answered: ${text}`);
      return codes;
    },
    perform: async (mutation, input) => {
      const answer = (await ask(documentOf(mutation), { input }))[mutation];
      const { operation, ...payload } = 'operation' in answer ? answer : { operation: answer };
      return { ...operation, payload };
    },
  };
};

/** @throws Error when not let in. */
export const personAt = async (server: Server, login: string): Promise<Person> => {
  const { cookie, code, location } = await signInAt(server, login);
  if (cookie === null) throw new Error(`${login} is not let in: ${code} ${location}`);
  return personBy(server, cookie);
};

export const clientSecret = 'a-secret-of-the-client-in-a-file';

export const writeSettings = (dir: string, issuer: string, rules: string): NodeJS.ProcessEnv => {
  writeFileSync(join(dir, 'groups.yaml'), rules);
  writeFileSync(join(dir, 'client-secret'), `${clientSecret}\n`);
  return {
    SKEP_OIDC_ISSUER: issuer,
    SKEP_OIDC_CLIENT_ID: 'skep',
    SKEP_OIDC_CLIENT_SECRET_FILE: join(dir, 'client-secret'),
    SKEP_OIDC_GROUPS: join(dir, 'groups.yaml'),
    SKEP_OIDC_NAME: 'Example',
  };
};

export type World = {
  dir: string;
  server: ServerProcess;
  provider: RunningProvider;
  /** As the first admin. */
  ask: Ask;
  stop(): Promise<void>;
};

export const startWorld = async ({
  rules,
  accounts,
  env = {},
  method = 'client_secret_basic',
}: {
  rules: string;
  accounts: Record<string, Account>;
  env?: NodeJS.ProcessEnv;
  method?: 'client_secret_basic' | 'client_secret_post';
}): Promise<World> => {
  const dir = mkdtempSync(join(tmpdir(), 'skep-'));
  const port = await freePort();
  const provider = await startProvider({
    redirectUri: `http://127.0.0.1:${port}/session/callback`,
    secret: clientSecret,
    method,
    accounts,
  });
  const settings = writeSettings(dir, provider.issuer, rules);
  const server = await startServer({ dir, port, env: { SKEP_LOG_LEVEL: 'debug', ...settings, ...env } });
  return {
    dir,
    server,
    provider,
    ask: createAsk(() => server.url, server.adminKey),
    stop: async () => {
      await server.stop();
      await provider.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
