// Signing in at a provider, attacked: answers that are not of this sign-in, not of this provider or not as they should be.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Ask, createAsk } from '../../lab/client.ts';
import { freePort, type ServerProcess, startServer } from '../../lab/processes.ts';
import { signInStartsPerMinute } from '../../server/access/oidc-endpoint.ts';
import { originOf } from '../support/console.ts';
import { createHeadlessBrowser, goThroughProvider, readEntered, signInAt } from '../support/oidc-browser.ts';
import { type Forger, type Forgery, startForger } from '../support/oidc-forger.ts';
import { startProvider } from '../support/oidc-provider.ts';
import { clientSecret, personAt, startWorld, writeSettings } from '../support/oidc-world.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

const rules = '- { group: ops, role: OPERATOR, clusters: ["*"] }\n';
const accounts = { olga: { preferred_username: 'olga', groups: ['ops'] } };

describe('a provider that answers what it should not', () => {
  let dir: string;
  let server: ServerProcess;
  let forger: Forger;
  let ask: Ask;
  let own: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'skep-'));
    forger = await startForger({ clientId: 'skep', secret: clientSecret });
    const env = writeSettings(dir, forger.issuer, rules);
    server = await startServer({ dir, env: { SKEP_LOG_LEVEL: 'debug', ...env } });
    ask = createAsk(() => server.url, server.adminKey);
    own = originOf(server);
  });
  beforeEach(() => forger.set({}));
  afterAll(async () => {
    await server.stop();
    await forger.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const now = (): number => Math.floor(Date.now() / 1_000);
  const withClaims =
    (change: (claims: Record<string, unknown>) => void) =>
    (token: string): string => {
      const [head = '', body = '', signature = ''] = token.split('.');
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
      change(claims);
      return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    };

  it.each<[of: string, forgery: () => Forgery]>([
    ['an ID token with another nonce', () => ({ claims: { nonce: 'another' } })],
    ['an ID token without a nonce', () => ({ claims: { nonce: null } })],
    ['an ID token for another client', () => ({ claims: { aud: 'another' } })],
    [
      'an ID token for several clients, another one authorised',
      () => ({ claims: { aud: ['skep', 'b'], azp: 'b' } }),
    ],
    ['an ID token of another issuer', () => ({ claims: { iss: 'https://another.example' } })],
    ['an ID token that has expired', () => ({ claims: { exp: now() - 60 } })],
    ['an ID token of the future', () => ({ claims: { iat: now() + 600, nbf: now() + 600 } })],
    ['an ID token without a subject', () => ({ claims: { sub: null } })],
    ['an ID token that another key signed', () => ({ signWith: 'OTHER' })],
    ['an ID token signed with the client’s secret', () => ({ header: { alg: 'HS256' }, signWith: 'SECRET' })],
    ['an ID token that nobody signed', () => ({ header: { alg: 'none' }, signWith: 'NOTHING' })],
    [
      'an ID token that nobody signed, of a provider that says it does so',
      () => ({
        header: { alg: 'none' },
        signWith: 'NOTHING',
        metadata: { id_token_signing_alg_values_supported: ['none', 'RS256'] },
      }),
    ],
    ['an ID token of a key that it does not show', () => ({ header: { kid: 'two' } })],
    ['no ID token', () => ({ token: { status: 200, body: { access_token: 'a', token_type: 'Bearer' } } })],
    ['an ID token that is none', () => ({ tamper: () => 'not.a.token' })],
    ['that the code is wrong', () => ({ token: { status: 400, body: { error: 'invalid_grant' } } })],
    ['the answer of another issuer', () => ({ back: { iss: 'https://another.example' } })],
    ['groups that are no texts', () => ({ claims: { groups: [{ ops: true }] } })],
    [
      'userinfo of somebody else',
      () => ({ claims: { groups: null }, userinfo: { sub: 'another', groups: ['ops'] } }),
    ],
  ])('%s', async (_, forgery) => {
    forger.set(forgery());
    expect(await signInAt(server, 'somebody')).toMatchObject({
      status: 303,
      cookie: null,
      code: 'SIGN_IN_INVALID',
    });
    const { sessions } = await ask('{ sessions { id } }');
    expect(sessions).toEqual([]);
  });

  it('an ID token with groups that were written in later', async () => {
    const tamper = withClaims((claims) => {
      claims.groups = ['ops'];
    });
    forger.set({ claims: { groups: ['others'] }, tamper });
    expect(await signInAt(server, 'somebody')).toMatchObject({ cookie: null, code: 'SIGN_IN_INVALID' });
  });

  it('on record as of nobody, and the log says why and has no token', async () => {
    forger.set({ claims: { aud: 'another' } });
    await signInAt(server, 'somebody');
    const denied = await until(async () => {
      const found = await readHistory(ask, { phase: ['DENIED'], action: 'signIn' });
      return found.length > 0 ? found : null;
    }, 'it is on record');
    expect(denied[0]).toMatchObject({ actor: { kind: 'ANONYMOUS' }, failure: { code: 'SIGN_IN_INVALID' } });
    const log = await until(() => {
      const text = readFileSync(server.logPath, 'utf8');
      return text.includes('unexpected JWT claim value encountered') ? text : null;
    }, 'the log says why');
    expect(log).not.toContain(clientSecret);
    expect(log).not.toContain('an-access-token');
    expect(log).not.toMatch(/eyJ[\w-]{20}/);
  });

  it.each<[of: string, forgery: Forgery, reason: string]>([
    ['a claim', { claims: { nonce: 'another' } }, 'unexpected ID Token \\"nonce\\" claim value: nonce'],
    [
      'the word of the provider',
      { token: { status: 401, body: { error: 'invalid_client' } } },
      'invalid_client',
    ],
  ])('and the log names %s', async (_, forgery, reason) => {
    forger.set(forgery);
    await signInAt(server, 'somebody');
    await until(() => readFileSync(server.logPath, 'utf8').includes(reason), 'the log says why');
  });

  it('and the log quotes nothing of an answer that is none', async () => {
    forger.set({ token: { status: 200, body: 'a-token-where-there-is-none' } });
    expect(await signInAt(server, 'somebody')).toMatchObject({ cookie: null, code: 'SIGN_IN_INVALID' });
    forger.set({ tamper: () => 'a-token-where-there-is-none' });
    await signInAt(server, 'somebody');
    forger.set({
      token: { status: 400, body: { error: 'a-token where there is none', error_description: 'a-token' } },
    });
    await signInAt(server, 'somebody');
    expect(readFileSync(server.logPath, 'utf8')).not.toContain('a-token');
  });

  it('while it is in trouble: PROVIDER_UNREACHABLE', async () => {
    forger.set({ token: { status: 503, body: { trouble: true } } });
    expect(await signInAt(server, 'somebody')).toMatchObject({ cookie: null, code: 'PROVIDER_UNREACHABLE' });
  });

  it('and lets in when all is as it should be, its clock half a minute off or not', async () => {
    forger.set({ claims: { iat: now() + 20, exp: now() - 10 } });
    expect((await signInAt(server, 'somebody')).cookie).not.toBeNull();
    // Groups and name may come by userinfo alone.
    forger.set({
      claims: { groups: null, preferred_username: null },
      userinfo: { groups: 'ops', email: 'a@b.example' },
    });
    const person = await personAt(server, 'somebody');
    expect((await person.ask('{ viewer { name role } }')).viewer).toEqual({
      name: 'a@b.example',
      role: 'OPERATOR',
    });
    // The signed word counts.
    forger.set({ claims: { groups: [] }, userinfo: { groups: ['ops'] } });
    expect(await signInAt(server, 'somebody')).toMatchObject({ cookie: null, code: 'NO_GROUP_FITS' });
  });

  it('is sent what proves who asks, and the secret in the header', async () => {
    await signInAt(server, 'somebody');
    const { body, authorization } = forger.tokenRequests.at(-1) ?? {};
    const [name, secret] = Buffer.from(authorization?.replace('Basic ', '') ?? '', 'base64')
      .toString()
      .split(':');
    expect([name, decodeURIComponent(secret ?? '')]).toEqual(['skep', clientSecret]);
    expect(body?.get('code_verifier')).toMatch(/^[\w-]{43,}$/);
    expect(body?.get('redirect_uri')).toBe(`${own}/session/callback`);
    expect(body?.get('client_secret')).toBeNull();
  });
});

describe('the way to the provider and back', () => {
  let world: Awaited<ReturnType<typeof startWorld>>;
  let own: string;
  beforeAll(async () => {
    world = await startWorld({ rules, accounts, method: 'client_secret_post' });
    own = originOf(world.server);
  });
  afterAll(() => world.stop());

  it('begins with all that binds the answer to it, in a cookie for ten minutes', async () => {
    const { status, location, setCookies } = await createHeadlessBrowser().ask(`${own}/session/oidc`);
    expect(status).toBe(303);
    const asked = Object.fromEntries(new URL(location ?? '').searchParams);
    expect(asked).toEqual({
      client_id: 'skep',
      response_type: 'code',
      redirect_uri: `${own}/session/callback`,
      scope: 'openid profile email',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    expect(setCookies).toEqual([
      expect.stringMatching(
        /^skep_signin=skep_signin_[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/,
      ),
    ]);
  });

  const expired = { cookie: null, code: 'SIGN_IN_EXPIRED' };
  const answered = async (browser: ReturnType<typeof createHeadlessBrowser>, url: string) =>
    readEntered(await browser.ask(url));

  it('with another state, without one, in another browser, or a second time, leads nowhere', async () => {
    const browser = createHeadlessBrowser();
    const back = await goThroughProvider(browser, world.server, 'olga');
    const changed = (change: (search: URLSearchParams) => void): string => {
      const url = new URL(back);
      change(url.searchParams);
      return url.href;
    };
    expect(await answered(createHeadlessBrowser(), back)).toEqual(expired);
    expect(
      await answered(
        browser,
        changed((search) => search.set('state', 'another')),
      ),
    ).toEqual(expired);
    expect(
      await answered(
        browser,
        changed((search) => search.delete('state')),
      ),
    ).toEqual(expired);
    // None of these has ended what was begun.
    const { cookie } = await answered(browser, back);
    expect(cookie).not.toBeNull();
    const binding = browser.cookies(own);
    expect(binding).not.toContain('skep_signin');
    expect(await answered(browser, back)).toEqual(expired);
  });

  it('with a code that was used before is refused by the provider', async () => {
    const browser = createHeadlessBrowser();
    const used = new URL(await goThroughProvider(browser, world.server, 'olga'));
    expect((await answered(browser, used.href)).cookie).not.toBeNull();
    const fresh = new URL(await goThroughProvider(browser, world.server, 'olga'));
    fresh.searchParams.set('code', used.searchParams.get('code') ?? '');
    expect(await answered(browser, fresh.href)).toEqual({ cookie: null, code: 'SIGN_IN_INVALID' });
  });

  it('with a code that another browser got, whose verifier is not known here', async () => {
    const [theirs, ours] = [createHeadlessBrowser(), createHeadlessBrowser()];
    const stolen = new URL(await goThroughProvider(theirs, world.server, 'olga'));
    const begun = new URL(await goThroughProvider(ours, world.server, 'olga'));
    begun.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    expect(await answered(ours, begun.href)).toEqual({ cookie: null, code: 'SIGN_IN_INVALID' });
  });

  it('names another issuer: the answer was mixed up', async () => {
    const browser = createHeadlessBrowser();
    const back = new URL(await goThroughProvider(browser, world.server, 'olga'));
    expect(back.searchParams.get('iss')).toBe(world.provider.issuer);
    back.searchParams.set('iss', 'https://another.example');
    expect(await answered(browser, back.href)).toEqual({ cookie: null, code: 'SIGN_IN_INVALID' });
  });

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/.//evil.example/',
    '/nodes/..//evil.example/',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    'nodes',
    '/session/oidc',
    '/graphql',
  ])('goes on to the overview where it was asked to return to %j', async (path) => {
    const told = await signInAt(world.server, 'olga', {
      path: `/session/oidc?return=${encodeURIComponent(path)}`,
    });
    expect([told.status, told.location]).toEqual([303, `${own}/`]);
  });

  it('is by GET alone, kept by no cache, and tells no address on', async () => {
    for (const path of ['/session/oidc', '/session/callback', '/session/oidc/end']) {
      const response = await fetch(`${own}${path}`, { method: 'POST', redirect: 'manual' });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  it('ends at the provider where that is asked for, and comes back to the console', async () => {
    const { status, location } = await createHeadlessBrowser().ask(`${own}/session/oidc/end`);
    const url = new URL(location ?? '');
    expect([status, url.origin, Object.fromEntries(url.searchParams)]).toEqual([
      303,
      world.provider.issuer,
      { client_id: 'skep', post_logout_redirect_uri: `${own}/` },
    ]);
  });

  it('is told to the sign-in page, by name', async () => {
    const response = await fetch(`${own}/session`, { headers: { 'sec-fetch-site': 'same-origin' } });
    expect(await response.json()).toEqual({ oidc: { name: 'Example', start: '/session/oidc' } });
    expect((await fetch(`${own}/session`)).status).toBe(403);
  });

  it('is not begun too often from one address', async () => {
    const browser = createHeadlessBrowser();
    let last = '';
    for (let count = 0; count <= signInStartsPerMinute; count += 1)
      last = (await browser.ask(`${own}/session/oidc`)).location ?? '';
    expect(last).toBe(`${own}/#sign-in=RATE_LIMITED`);
  });
});

it('a provider that is down when the server starts: it starts all the same, and asks again at each sign-in', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'skep-'));
  const port = await freePort();
  const provider = await startProvider({
    redirectUri: `http://127.0.0.1:${port}/session/callback`,
    secret: clientSecret,
    accounts,
  });
  await provider.stop();
  const server = await startServer({ dir, port, env: writeSettings(dir, provider.issuer, rules) });
  try {
    const own = originOf(server);
    const told = await createHeadlessBrowser().ask(`${own}/session/oidc`);
    expect([told.status, told.location]).toEqual([303, `${own}/#sign-in=PROVIDER_UNREACHABLE`]);
    await until(
      () => readFileSync(server.logPath, 'utf8').includes('could not be asked about itself'),
      'the log says so',
    );
    await provider.start();
    const person = await personAt(server, 'olga');
    expect((await person.ask('{ viewer { name } }')).viewer.name).toBe('olga');
    // And down again between the two ends of a sign-in.
    const browser = createHeadlessBrowser();
    const back = await goThroughProvider(browser, server, 'olga');
    await provider.stop();
    expect(readEntered(await browser.ask(back)).code).toBe('PROVIDER_UNREACHABLE');
  } finally {
    await server.stop();
    await provider.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});

it('a public client has no secret, and PKCE alone', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'skep-'));
  const port = await freePort();
  const provider = await startProvider({
    redirectUri: `http://127.0.0.1:${port}/session/callback`,
    accounts,
  });
  const { SKEP_OIDC_CLIENT_SECRET_FILE: _, ...env } = writeSettings(dir, provider.issuer, rules);
  const server = await startServer({ dir, port, env });
  try {
    const person = await personAt(server, 'olga');
    expect((await person.ask('{ viewer { kind name } }')).viewer).toEqual({ kind: 'PERSON', name: 'olga' });
  } finally {
    await server.stop();
    await provider.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});

it('behind TLS the cookies are for TLS alone, and the provider is told the address that browsers see', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'skep-'));
  const forger = await startForger({ clientId: 'skep', secret: clientSecret });
  const console1 = 'https://skep.example';
  const env = { SKEP_BEHIND_PROXY: 'yes', SKEP_CONSOLE_URL: `${console1}/` };
  const server = await startServer({ dir, env: { ...writeSettings(dir, forger.issuer, rules), ...env } });
  try {
    const own = originOf(server);
    const browser = createHeadlessBrowser();
    const begun = await browser.ask(`${own}/session/oidc`);
    expect(begun.setCookies).toEqual([
      expect.stringMatching(/^__Host-skep_signin=.*; Path=\/; .*; HttpOnly; SameSite=Lax; Secure$/),
    ]);
    const back = await browser.ask(begun.location ?? '');
    expect(back.location).toMatch(/^https:\/\/skep\.example\/session\/callback\?code=/);
    // As the proxy passes it on.
    const { status, setCookies } = await browser.ask((back.location ?? '').replace(console1, own));
    expect([status, setCookies[0]]).toEqual([
      303,
      expect.stringMatching(/^__Host-skep_session=.*; Path=\/; .*; HttpOnly; SameSite=Strict; Secure$/),
    ]);
    // This one has no place to sign out at.
    expect((await browser.ask(`${own}/session/oidc/end`)).location).toBe(`${own}/`);
  } finally {
    await server.stop();
    await forger.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});

it('a server without a provider has no such way in, and says so to its page', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'skep-'));
  const server = await startServer({ dir });
  try {
    const own = originOf(server);
    const response = await fetch(`${own}/session`, { headers: { origin: own } });
    expect(await response.json()).toEqual({ oidc: null });
    const start = await fetch(`${own}/session/oidc`, { redirect: 'manual' });
    expect([start.status, start.headers.get('set-cookie')]).toEqual([404, null]);
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});
