// How often: a count for a key in a window of time, kept in memory (one process). Wrong secrets, mutations, reveals.
import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';
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

/** Of keys that are counted at a time. Beyond, the one that was counted longest ago is forgotten. */
export const mostCounted = 10_000;

const createCounts = (seconds: number) => {
  // The first of a window sets its end, and later ones do not put it off.
  const counts = new LRUCache<string, number>({ max: mostCounted, ttl: seconds * 1_000, noUpdateTTL: true });
  const of = (key: string): number => counts.get(key) ?? 0;
  return {
    of,
    /** @returns how many there were in this window, with this one. */
    add: (key: string): number => {
      const count = of(key) + 1;
      counts.set(key, count);
      return count;
    },
    leftMs: (key: string): number => counts.getRemainingTTL(key),
  };
};

/** @param what is too many, in words. */
export const createTake = ({ what, ...limit }: Limit & { what: string }): Take => {
  const counts = createCounts(limit.seconds);
  return async (key) => {
    if (counts.add(key) > limit.most) throw limited(what, counts.leftMs(key));
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
  const counts = createCounts(seconds);
  const what = 'too many wrong secrets came from this address';
  return {
    check: async (source) => {
      const key = sourceKey(source);
      if (counts.of(key) >= most) throw limited(what, counts.leftMs(key));
    },
    failed: async (source) => {
      const key = sourceKey(source);
      if (counts.add(key) > most) throw limited(what, counts.leftMs(key));
    },
  };
};
