// A real OpenID provider on this machine, by the package oidc-provider, with a page to sign in that asks for a name alone.
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import Provider, { type Configuration } from 'oidc-provider';
import { freePort } from '../../lab/processes.ts';

/** What the provider tells of somebody, beside `sub`. */
export type Account = { preferred_username?: string; name?: string; email?: string; groups?: unknown };

export type RunningProvider = {
  issuer: string;
  /** By the name that is typed in; may be changed while it runs. */
  accounts: Map<string, Account>;
  stop(): Promise<void>;
  /** At the same address, with nobody signed in. */
  start(): Promise<void>;
};

const page = (uid: string): string => `<!doctype html><title>Provider</title><link rel="icon" href="data:,">
<form method="post" action="/interaction/${uid}"><label>Name <input name="login" autofocus></label>
<button name="do" value="enter">Enter</button><button name="do" value="cancel">Cancel</button></form>`;

const bodyOf = async (request: IncomingMessage): Promise<URLSearchParams> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
};

/** @param secret of the client; null: a public one. @param method by which it authenticates. */
export const startProvider = async ({
  redirectUri,
  postLogoutUri,
  secret = null,
  method = 'client_secret_basic',
  accounts,
}: {
  redirectUri: string;
  postLogoutUri?: string;
  secret?: string | null;
  method?: 'client_secret_basic' | 'client_secret_post';
  accounts: Record<string, Account>;
}): Promise<RunningProvider> => {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const known = new Map(Object.entries(accounts));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const configuration: Configuration = {
    clients: [
      {
        client_id: 'skep',
        redirect_uris: [redirectUri],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        ...(postLogoutUri === undefined ? {} : { post_logout_redirect_uris: [postLogoutUri] }),
        ...(secret === null
          ? { token_endpoint_auth_method: 'none' as const }
          : { client_secret: secret, token_endpoint_auth_method: method }),
      },
    ],
    ...(secret === null ? {} : { clientAuthMethods: [method] }),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }] },
    // Said, or it says itself that nobody did.
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    cookies: { keys: ['only for tests'] },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, sub) => {
      const account = known.get(sub);
      return account && { accountId: sub, claims: () => ({ sub, ...account }) };
    },
    // Nobody is asked for consent.
    loadExistingGrant: async ({ oidc: { provider: own, session, client, params } }) => {
      const grant = new own.Grant({ accountId: session?.accountId, clientId: client?.clientId });
      grant.addOIDCScope(String(params?.scope));
      await grant.save();
      return grant;
    },
  };

  let server: ReturnType<typeof createServer> | null = null;
  const start = async (): Promise<void> => {
    const provider = new Provider(issuer, configuration);
    const callback = provider.callback();
    const interact = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { uid } = await provider.interactionDetails(request, response);
      if (request.method === 'GET') {
        response.setHeader('content-type', 'text/html').end(page(uid));
        return;
      }
      const body = await bodyOf(request);
      const accountId = body.get('login') ?? '';
      const isIn = body.get('do') !== 'cancel' && known.has(accountId);
      await provider.interactionFinished(
        request,
        response,
        isIn ? { login: { accountId } } : { error: 'access_denied', error_description: 'not let in' },
      );
    };
    const running = createServer((request, response) => {
      if (!request.url?.startsWith('/interaction/')) void callback(request, response);
      else interact(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    server = running;
    await new Promise<void>((resolve) => running.listen(port, '127.0.0.1', resolve));
  };
  await start();
  return {
    issuer,
    accounts: known,
    start,
    stop: async () => {
      const running = server;
      server = null;
      running?.closeAllConnections();
      await new Promise<void>((resolve) => (running ? running.close(() => resolve()) : resolve()));
    },
  };
};
