// Settings of signing in at an OpenID provider: what belongs together is there together, and its files are read at the start.
import { readFileSync } from 'node:fs';
import { type GroupRule, readGroupRules } from './oidc-groups.ts';
import type { OidcClient } from './oidc-provider.ts';

export type OidcConfig = {
  client: OidcClient;
  rules: readonly GroupRule[];
  /** What the sign-in page calls the provider. */
  name: string;
};

export type OidcSettings = {
  SKEP_OIDC_ISSUER?: string | undefined;
  SKEP_OIDC_CLIENT_ID?: string | undefined;
  SKEP_OIDC_CLIENT_SECRET_FILE?: string | undefined;
  SKEP_OIDC_SCOPES?: string | undefined;
  SKEP_OIDC_GROUPS_CLAIM: string;
  SKEP_OIDC_GROUPS?: string | undefined;
  SKEP_OIDC_NAME?: string | undefined;
};

const loopback = ['127.0.0.1', '[::1]', 'localhost'];

/** @throws Error: no address of an issuer. */
const issuerOf = (text: string): URL => {
  const url = URL.parse(text);
  const isSafe =
    url !== null &&
    `${url.username}${url.password}${url.search}${url.hash}` === '' &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && loopback.includes(url.hostname)));
  if (!url || !isSafe)
    throw new Error(
      'SKEP_OIDC_ISSUER: an https address without user, query and fragment; http to loopback only',
    );
  return url;
};

/** @throws Error: it cannot be read, or there is nothing in it. */
const secretIn = (file: string): string => {
  let text = '';
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : 'unknown';
    throw new Error(`SKEP_OIDC_CLIENT_SECRET_FILE: ${file} cannot be read (${why})`);
  }
  if (text === '') throw new Error(`SKEP_OIDC_CLIENT_SECRET_FILE: ${file} is empty`);
  return text;
};

const rulesIn = (file: string): readonly GroupRule[] => {
  try {
    return readGroupRules(file);
  } catch (error) {
    throw new Error(`SKEP_OIDC_GROUPS: ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/**
 * @param isReachedElsewhere browsers reach the server at an address that it does not know.
 * @returns null: persons do not sign in in this way. @throws Error with a sentence for who starts the server.
 */
export const oidcOf = (
  {
    SKEP_OIDC_ISSUER: issuer,
    SKEP_OIDC_CLIENT_ID: clientId,
    SKEP_OIDC_CLIENT_SECRET_FILE: secretFile,
    SKEP_OIDC_SCOPES: scopes,
    SKEP_OIDC_GROUPS_CLAIM: groupsClaim,
    SKEP_OIDC_GROUPS: groups,
    SKEP_OIDC_NAME: name,
  }: OidcSettings,
  { isReachedElsewhere }: { isReachedElsewhere: boolean },
): OidcConfig | null => {
  if (issuer === undefined) {
    const alone = Object.entries({
      SKEP_OIDC_CLIENT_ID: clientId,
      SKEP_OIDC_CLIENT_SECRET_FILE: secretFile,
      SKEP_OIDC_SCOPES: scopes,
      SKEP_OIDC_GROUPS: groups,
      SKEP_OIDC_NAME: name,
    }).find(([, value]) => value !== undefined);
    if (alone) throw new Error(`${alone[0]}: without SKEP_OIDC_ISSUER there is no provider to use it for`);
    return null;
  }
  const url = issuerOf(issuer);
  if (clientId === undefined)
    throw new Error('SKEP_OIDC_CLIENT_ID: needed with SKEP_OIDC_ISSUER; the provider gives it');
  if (groups === undefined)
    throw new Error(
      'SKEP_OIDC_GROUPS: needed with SKEP_OIDC_ISSUER; it names the file that says which groups may do what',
    );
  if (scopes !== undefined && !scopes.split(/\s+/).includes('openid'))
    throw new Error('SKEP_OIDC_SCOPES: openid has to be among them');
  if (isReachedElsewhere)
    throw new Error(
      'SKEP_CONSOLE_URL: needed with SKEP_OIDC_ISSUER where browsers reach the server at another address than the one listened on',
    );
  return {
    client: {
      issuer: url.href,
      clientId,
      clientSecret: secretFile === undefined ? null : secretIn(secretFile),
      scopes: scopes ?? 'openid profile email',
      groupsClaim,
    },
    rules: rulesIn(groups),
    name: name ?? url.hostname,
  };
};
