// Takes secrets out of text before it is logged, journaled or sent as an error.

// Join tokens and unlock keys of swarmkit, Skep's own keys and enrolments, and PEM private keys.
const secretPatterns = [
  /SWM(?:TKN|KEY)-[A-Za-z0-9+/=_-]+/g,
  /skep_[a-z]+_[A-Za-z0-9._~-]+/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

/**
 * The text with every secret replaced by `[secret]`: whatever looks like one, and each of `secrets` literally (also
 * as it stands inside a JSON string). Engine messages can repeat a join token, and a malformed one looks like nothing.
 */
export function scrub(text: string, secrets: readonly string[] = []): string {
  const literals = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  const withoutLiterals = literals.reduce((left, secret) => left.replaceAll(secret, '[secret]'), text);
  return secretPatterns.reduce((left, pattern) => left.replace(pattern, '[secret]'), withoutLiterals);
}
