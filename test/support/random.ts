// Chance that can be repeated: a small seeded generator, for tests that print their seed.

export type Random = {
  seed: number;
  /** At least 0, below 1. */
  next(): number;
  /** An integer, at least 0, below `below`. */
  below(below: number): number;
  /** One of them. @throws Error when there is none. */
  pick<T>(of: readonly T[]): T;
};

/** @param seed default: SKEP_TEST_SEED, or the clock. */
export const createRandom = (seed = Number(process.env.SKEP_TEST_SEED ?? Date.now() % 2 ** 31)): Random => {
  let state = seed >>> 0;
  // mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    seed,
    next,
    below,
    pick: (of) => {
      const found = of[below(of.length)];
      if (found === undefined) throw new Error('nothing to pick from');
      return found;
    },
  };
};
