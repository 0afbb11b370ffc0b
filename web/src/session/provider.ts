// Signing in at an OpenID provider: where that is, and why it did not come about (docs/sign-in.md).
import { type Refusal, takeOfAddress } from './session.ts';

/** Where persons sign in. */
export type Provider = { name: string; start: string };

/** @returns null: nowhere, or the server does not answer. */
export const readProvider = async (): Promise<Provider | null> => {
  try {
    const response = await fetch('/session');
    if (!response.ok) return null;
    return ((await response.json()) as { oidc: Provider | null }).oidc;
  } catch {
    return null;
  }
};

/** The way to the provider, and back to the page that is open now. */
export const startOf = ({ start }: Provider): string =>
  `${start}?${new URLSearchParams({ return: location.pathname + location.search })}`;

/** The server sends a code alone: a text in an address would be whatever somebody else wrote there. */
const words: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  NO_GROUP_FITS: [
    'The provider knows you, but none of your groups may do anything here.',
    'Ask whoever runs Skep; then sign in again.',
  ],
  SIGN_IN_EXPIRED: [
    'This sign-in was not begun in this browser, or took more than ten minutes.',
    'Sign in again, in one window.',
  ],
  SIGN_IN_REFUSED: ['The provider did not let you in, or you cancelled there.', 'Sign in again.'],
  SIGN_IN_INVALID: [
    'What the provider answered is not valid.',
    'Sign in again; if it stays so, the server’s log has the reason.',
  ],
  PROVIDER_UNREACHABLE: [
    'The provider does not answer as it should.',
    'Try again; if it stays so, the server’s log has the reason.',
  ],
  RATE_LIMITED: ['There were too many sign-ins.', 'Wait a minute.'],
  AUDIT_UNAVAILABLE: [
    'The sign-in could not be put on record, so it did not happen.',
    'Try again; look at the server’s disk.',
  ],
};

/** Why the sign-in that the browser is back from did not come about; null: there was none. */
export const takeRefusal = (): Refusal | null => {
  const code = takeOfAddress('sign-in');
  if (code === null) return null;
  const [message, hint] = words[code] ?? ['The sign-in failed.', 'The server’s log has the reason.'];
  return { code: code in words ? code : 'INTERNAL', message, hint };
};
