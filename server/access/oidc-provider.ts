// The provider, by OpenID Connect: authorization code with PKCE. What is checked of its answers is openid-client's, which
// is loaded when somebody signs in: a server that nobody signs in to in this way does without.
// https://openid.net/specs/openid-connect-core-1_0.html
import type { ClientAuth, Configuration } from 'openid-client';
import * as z from 'zod';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { reasonOf } from './oidc-reason.ts';

export type OidcClient = {
  /** As the provider names itself. */
  issuer: string;
  clientId: string;
  /** Null: a public client, which has PKCE alone. */
  clientSecret: string | null;
  /** With spaces between. */
  scopes: string;
  /** Claim of the ID token, or else of userinfo, that lists the groups. */
  groupsClaim: string;
};

/** What has to be remembered from the start to the end of one sign-in. */
export type Checks = { state: string; nonce: string; verifier: string };
/** Whom the provider says that it is. */
export type Identity = { issuer: string; subject: string; name: string; groups: readonly string[] };

export type Provider = {
  /** @returns where the browser goes. @throws Failure PROVIDER_UNREACHABLE */
  begin(redirectUri: string): Promise<{ url: string; checks: Checks }>;
  /**
   * @param answer the address that the provider sent the browser back to.
   * @throws Failure PROVIDER_UNREACHABLE, SIGN_IN_REFUSED, SIGN_IN_INVALID
   */
  finish(answer: URL, checks: Checks): Promise<Identity>;
  /**
   * Where the browser is signed out at the provider as well; null: the provider has no such place.
   * https://openid.net/specs/openid-connect-rpinitiated-1_0.html
   * @throws Failure PROVIDER_UNREACHABLE
   */
  end(backTo: string): Promise<string | null>;
};

const timeoutSeconds = 10;
/** Seconds that the provider's clock may differ. */
const toleratedSeconds = 30;
/** What the provider says about itself is asked for again after that long. */
const rememberedMs = 3_600_000;
const longestName = 100;

const names = z.object({
  preferred_username: z.string().trim().min(1).optional().catch(undefined),
  email: z.string().trim().min(1).optional().catch(undefined),
  name: z.string().trim().min(1).optional().catch(undefined),
});
const groupList = z.union([z.array(z.string()), z.string().transform((one) => [one])]);

const load = () => import('openid-client');
type Library = Awaited<ReturnType<typeof load>>;

/**
 * In the body where the provider says that it takes it there. The header is what all have to take, and what some read
 * wrongly: there the secret is encoded twice.
 */
const clientAuthOf = (
  { ClientSecretBasic, ClientSecretPost, None }: Library,
  secret: string | null,
): ClientAuth => {
  if (secret === null) return None();
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)];
  return (server, ...rest) => {
    const taken = server.token_endpoint_auth_methods_supported ?? [];
    return (taken.includes('client_secret_post') ? post : basic)(server, ...rest);
  };
};

const unreachable = (): Failure =>
  new Failure(
    'PROVIDER_UNREACHABLE',
    'the provider that you sign in at does not answer as it should',
    'try again; if it stays so, whoever runs the server finds the reason in its log',
  );
const invalid = (): Failure =>
  new Failure(
    'SIGN_IN_INVALID',
    'what the provider answered is not valid',
    'sign in again; if it stays so, whoever runs the server finds the reason in its log',
  );

const networkCodes: ReadonlySet<unknown> = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
]);

export const createProvider = (
  { issuer, clientId, clientSecret, scopes, groupsClaim }: OidcClient,
  { clock, log }: { clock: Clock; log: Log },
): Provider => {
  const server = new URL(issuer);
  const note = (error: unknown, what: string): void => log.warn({ reason: reasonOf(error) }, what);

  const discover = async (): Promise<Configuration> => {
    const library = await load();
    const { allowInsecureRequests, clockTolerance, discovery, enableNonRepudiationChecks } = library;
    const found = await discovery(
      server,
      clientId,
      { [clockTolerance]: toleratedSeconds },
      clientAuthOf(library, clientSecret),
      {
        timeout: timeoutSeconds,
        // The signature of an ID token is looked at, though it came over TLS from the provider itself.
        execute: [
          enableNonRepudiationChecks,
          ...(server.protocol === 'http:' ? [allowInsecureRequests] : []),
        ],
      },
    );
    // A provider for anybody's accounts names a pattern here.
    if (new URL(found.serverMetadata().issuer).href !== server.href)
      throw new Error('the provider names another issuer than SKEP_OIDC_ISSUER');
    return found;
  };
  let known: { found: Promise<Configuration>; until: number } | null = null;
  const configuration = async (): Promise<Configuration> => {
    if (!known || known.until <= clock.monotonicMs())
      known = { found: discover(), until: clock.monotonicMs() + rememberedMs };
    const { found } = known;
    try {
      return await found;
    } catch (error) {
      // The next sign-in asks again.
      if (known?.found === found) known = null;
      note(error, 'the OpenID provider could not be asked about itself');
      throw unreachable();
    }
  };

  const exchange = async (answer: URL, { state, nonce, verifier }: Checks): Promise<Identity> => {
    const config = await configuration();
    const { authorizationCodeGrant, fetchUserInfo } = await load();
    const tokens = await authorizationCodeGrant(config, answer, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (!claims) throw new Error('there is no ID token');
    const hasUserinfo = config.serverMetadata().userinfo_endpoint !== undefined;
    const asked =
      hasUserinfo &&
      (claims[groupsClaim] === undefined ||
        Object.values(names.parse(claims)).every((name) => name === undefined));
    // Of both, the signed one counts.
    const told: Record<string, unknown> = {
      ...(asked ? await fetchUserInfo(config, tokens.access_token, claims.sub) : {}),
      ...claims,
    };
    const { preferred_username, email, name } = names.parse(told);
    const groups = groupList.safeParse(told[groupsClaim] ?? []);
    if (!groups.success) throw new Error(`the claim ${groupsClaim} is no list of texts`);
    return {
      issuer: claims.iss,
      subject: claims.sub,
      name: (preferred_username ?? email ?? name ?? claims.sub).slice(0, longestName),
      groups: groups.data,
    };
  };

  return {
    begin: async (redirectUri) => {
      const config = await configuration();
      const library = await load();
      const checks = {
        state: library.randomState(),
        nonce: library.randomNonce(),
        verifier: library.randomPKCECodeVerifier(),
      };
      const url = library.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: scopes,
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await library.calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, checks };
    },
    end: async (backTo) => {
      const config = await configuration();
      if (config.serverMetadata().end_session_endpoint === undefined) return null;
      const { buildEndSessionUrl } = await load();
      return buildEndSessionUrl(config, { post_logout_redirect_uri: backTo }).href;
    },
    finish: async (answer, checks) => {
      try {
        return await exchange(answer, checks);
      } catch (error) {
        if (error instanceof Failure) throw error;
        note(error, 'a sign-in at the OpenID provider did not come about');
        if (error instanceof Error && 'code' in error) {
          if (error.code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR')
            throw new Failure(
              'SIGN_IN_REFUSED',
              'the provider did not let you in, or you cancelled there',
              'sign in again, or ask whoever runs the provider',
            );
          if (networkCodes.has(error.code)) throw unreachable();
        }
        throw error instanceof TypeError ? unreachable() : invalid();
      }
    },
  };
};
