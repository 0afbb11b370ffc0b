// Secrets out of what is printed about trouble: somebody may have typed one where none belongs.
import { printable } from './printable.ts';

/** Those of `server/platform/secrets.ts`, which says what they are and is not imported here: a test holds them equal. */
export const secretShapes: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/(SWMTKN-\d+|SWMKEY-\d+)-[\w+/=-]+/g, '$1-[redacted]'],
  [/(skep_key_[A-Za-z0-9-]+)_[\w-]+/g, '$1_[redacted]'],
  [/(skep_ticket|skep_session|skep_signin)_[\w-]+/g, '$1_[redacted]'],
  [/(whsec_)[\w+/=-]+/g, '$1[redacted]'],
  [/(skep_enr_[\w-]+)\.[\w-]+(?:\.[\w-]+)?/g, '$1.[redacted]'],
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\w+/=:,\s]|-(?!-)|\\[nrt])*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g,
    '[redacted private key]',
  ],
];

/** What was typed may be cut off or have a slip in it, so that no shape fits: nothing behind the prefix is shown. */
const begun = /\b(skep_(?:key|enr|ticket|session|signin)_|SWMTKN-|SWMKEY-|whsec_)[^\s'"]+/g;

export const scrub = (text: string): string => {
  // Before control characters are written out, which a private key may have between its lines.
  const clean = secretShapes.reduce(
    (left, [pattern, replacement]) => left.replace(pattern, replacement),
    text,
  );
  return printable(clean).replace(begun, '$1…');
};
