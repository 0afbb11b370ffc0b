// How often: a count for a key in a window of time, kept in memory (one process). Wrong secrets, mutations, reveals.
import { isIPv6 } from 'node:net';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { Failure } from '../platform/failure.ts';

export type Limit = {
  /** How many in a window. */
  most: number;
  /** Length of the window, which begins with the first one. */
  seconds: number;
};

/** @throws Failure RATE_LIMITED for the one after the last that a window has room for. */
export type Take = (key: string) => Promise<void>;

const limited = (what: string, waitMs: number): Failure => {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new Failure('RATE_LIMITED', what, `wait ${seconds} seconds`, { retryAfterSeconds: seconds });
};

/** @param what is too many, in words. */
export const createTake = ({ most, seconds, what }: Limit & { what: string }): Take => {
  const counts = new RateLimiterMemory({ points: most, duration: seconds });
  return async (key) => {
    const count = await counts.penalty(key);
    if (count.consumedPoints > most) throw limited(what, count.msBeforeNext);
  };
};

export type Attempts = {
  /** Before a secret is looked at that costs something to look at. @throws Failure RATE_LIMITED after too many failures. */
  check(source: string | null): Promise<void>;
  /** The secret was wrong. @throws Failure RATE_LIMITED when it was one too many: tell that instead. */
  failed(source: string | null): Promise<void>;
};

/** An IPv6 host has a whole /64 to itself; an IPv4 address may be written as IPv6. Null: the unix socket. */
export const sourceKey = (address: string | null): string => {
  if (address === null) return 'local';
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1];
  if (mapped) return mapped;
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
};

/**
 * Wrong secrets, by the address that they came from. Looking is cheap and a secret has 256 bits, so this is not what
 * keeps guessers out: it keeps them from filling the log and the history.
 */
export const createAttempts = ({ most = 20, seconds = 60 }: Partial<Limit> = {}): Attempts => {
  const counts = new RateLimiterMemory({ points: most, duration: seconds });
  const what = 'too many wrong secrets came from this address';
  return {
    check: async (source) => {
      const count = await counts.get(sourceKey(source));
      if (count && count.consumedPoints >= most) throw limited(what, count.msBeforeNext);
    },
    failed: async (source) => {
      const count = await counts.penalty(sourceKey(source));
      if (count.consumedPoints > most) throw limited(what, count.msBeforeNext);
    },
  };
};
