// Takes secrets out of text that will be kept or shown: log lines, error messages, audit records.

/** The command line, which imports nothing of the server, has the same list: a test holds them equal. */
export const secretShapes: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // Version 2 of a join token is that of a swarm in FIPS mode.
  [/(SWMTKN-\d+|SWMKEY-\d+)-[\w+/=-]+/g, '$1-[redacted]'],
  [/(skep_key_[A-Za-z0-9-]+)_[\w-]+/g, '$1_[redacted]'],
  [/(skep_ticket|skep_session|skep_signin)_[\w-]+/g, '$1_[redacted]'],
  [/(whsec_)[\w+/=-]+/g, '$1[redacted]'],
  [/(skep_enr_[\w-]+)\.[\w-]+(?:\.[\w-]+)?/g, '$1.[redacted]'],
  // Also one that was cut off. In a JSON line its line ends are the two characters \n; a quote ends it.
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\w+/=:,\s]|-(?!-)|\\[nrt])*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g,
    '[redacted private key]',
  ],
];

/**
 * Replaces swarm join tokens and unlock keys (`SWMTKN-1-…`, `SWMKEY-1-…`), API keys (`skep_key_<id>_<secret>`),
 * enrolments (`skep_enr_<id>.<secret>.<pin>`), tickets (`skep_ticket_…`), sessions (`skep_session_…`), sign-ins (`skep_signin_…`), secrets of webhooks (`whsec_…`) and PEM private keys anywhere in a text. Ids stay, to find the row by.
 *
 * This is the last net, not the rule: nothing hands a secret to a log on purpose.
 */
export const scrub = (text: string): string =>
  secretShapes.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
