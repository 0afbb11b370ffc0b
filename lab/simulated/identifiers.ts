// Ids, join tokens, unlock keys and times in the form that swarmkit gives them.
import { randomBytes } from 'node:crypto';

const base36 = (bytes: Uint8Array, length: number): string =>
  BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
    .toString(36)
    .padStart(length, '0');

/** A random id of 25 base-36 digits (swarmkit identity/randomid.go). */
export const newId = (): string => base36(randomBytes(16), 25);

/** The secret part of a join token. */
export const newTokenSecret = (): string => base36(randomBytes(16), 25);

/** @param caDigest - SHA-256 of the cluster's root certificate (swarmkit ca/config.go) */
export const joinToken = (caDigest: Uint8Array, secret: string): string =>
  `SWMTKN-1-${base36(caDigest, 50)}-${secret}`;

/** The parts of a join token; undefined for anything else (lengths as in swarmkit ca/config.go). */
export const parseJoinToken = (token: string): { digest: string; secret: string } | undefined => {
  const [, digest, secret] = /^SWMTKN-1-([0-9a-z]{50})-([0-9a-z]{25})$/.exec(token) ?? [];
  return digest === undefined || secret === undefined ? undefined : { digest, secret };
};

/** The hexadecimal CA digest of a join token's middle part. */
export const digestHex = (digest: string): string => {
  let value = 0n;
  for (const digit of digest) value = value * 36n + BigInt(Number.parseInt(digit, 36));
  return value.toString(16).padStart(64, '0');
};

/** A new autolock key (swarmkit manager/encryption). */
export const newUnlockKey = (): string => `SWMKEY-1-${randomBytes(32).toString('base64').replace(/=+$/, '')}`;

/** Nanoseconds since 1970, never the same twice in one source. */
export const createNanoClock = (): (() => bigint) => {
  let last = 0n;
  return () => {
    const now = BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
    last = now > last ? now : last + 1n;
    return last;
  };
};

/** A time as Go prints it (RFC 3339, nine digits after the second). */
export const goTime = (nano: bigint): string =>
  new Date(Number(nano / 1_000_000n))
    .toISOString()
    .replace(/\.\d+Z$/, `.${String(nano % 1_000_000_000n).padStart(9, '0')}Z`);
