// A provider made by hand, whose answers are as a test wants them: what no honest one sends.
import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { freePort } from '../../lab/processes.ts';

type Claims = Record<string, unknown>;

/** What is different from an honest answer. */
export type Forgery = {
  /** Of the ID token; undefined: as it should be, null: left out. */
  claims?: Claims;
  header?: Record<string, unknown>;
  /** Made of the signed token. */
  tamper?: (token: string) => string;
  signWith?: 'OWN' | 'OTHER' | 'SECRET' | 'NOTHING';
  /** Answer of the token endpoint instead. */
  token?: { status: number; body: unknown };
  userinfo?: Claims;
  metadata?: Record<string, unknown>;
  /** Beside code and state, when it sends the browser back; null: left out. */
  back?: Record<string, string | null>;
};

export type Forger = {
  issuer: string;
  /** Of the answers from now on. */
  set(forgery: Forgery): void;
  /** Requests to the token endpoint so far: what was sent, and by which header. */
  tokenRequests: { body: URLSearchParams; authorization: string | null }[];
  stop(): Promise<void>;
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const signatureOf = (
  text: string,
  how: Forgery['signWith'],
  keys: Record<'OWN' | 'OTHER', KeyObject>,
  secret: string,
) => {
  if (how === 'NOTHING') return '';
  if (how === 'SECRET') return createHmac('sha256', secret).update(text).digest('base64url');
  return sign('sha256', Buffer.from(text), keys[how ?? 'OWN']).toString('base64url');
};

export const startForger = async ({
  clientId,
  secret,
}: {
  clientId: string;
  secret: string;
}): Promise<Forger> => {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const [own, other] = [0, 1].map(() => generateKeyPairSync('rsa', { modulusLength: 2_048 }));
  if (!own || !other) throw new Error('two keys are needed');
  const keys = { OWN: own.privateKey, OTHER: other.privateKey };
  let forgery: Forgery = {};
  /** By code: what was asked for at the start, which binds the token to it. */
  const begun = new Map<string, URLSearchParams>();
  const tokenRequests: Forger['tokenRequests'] = [];

  const idToken = (asked: URLSearchParams): string => {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: issuer,
      sub: 'somebody',
      aud: clientId,
      exp: now + 60,
      iat: now,
      nonce: asked.get('nonce'),
      groups: ['ops'],
      preferred_username: 'somebody',
      ...forgery.claims,
    };
    const kept = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null));
    const text = `${encode({ alg: 'RS256', kid: 'one', ...forgery.header })}.${encode(kept)}`;
    const token = `${text}.${signatureOf(text, forgery.signWith, keys, secret)}`;
    return forgery.tamper?.(token) ?? token;
  };

  const tokenOf = async (request: IncomingMessage): Promise<{ status: number; body: unknown }> => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = new URLSearchParams(text);
    tokenRequests.push({ body, authorization: request.headers.authorization ?? null });
    if (forgery.token) return forgery.token;
    const code = body.get('code') ?? '';
    const asked = begun.get(code);
    begun.delete(code);
    const challenge = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url');
    if (!asked || asked.get('code_challenge') !== challenge)
      return { status: 400, body: { error: 'invalid_grant' } };
    return {
      status: 200,
      body: {
        access_token: 'an-access-token',
        token_type: 'Bearer',
        expires_in: 60,
        id_token: idToken(asked),
      },
    };
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer);
    const json = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname === '/.well-known/openid-configuration')
      return json(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        userinfo_endpoint: `${issuer}/userinfo`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        ...forgery.metadata,
      });
    if (pathname === '/jwks')
      return json(200, {
        keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' }],
      });
    if (pathname === '/userinfo') return json(200, { sub: 'somebody', ...forgery.userinfo });
    if (pathname === '/token') {
      const { status, body } = await tokenOf(request);
      return json(status, body);
    }
    // /authorize: everybody is let in at once.
    const code = `code-${begun.size}-${Date.now()}`;
    begun.set(code, searchParams);
    const back = new URL(searchParams.get('redirect_uri') ?? '');
    for (const [name, value] of Object.entries({ code, state: searchParams.get('state'), ...forgery.back }))
      if (value !== null) back.searchParams.set(name, value);
    response.writeHead(303, { location: back.href }).end();
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    issuer,
    set: (next) => {
      forgery = next;
    },
    tokenRequests,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
