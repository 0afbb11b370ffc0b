// The time, as an argument: so that a test can say what time it is.

/** See {@link createClock}. */
export type Clock = {
  /** The wall clock: for what is recorded and shown. It can jump. */
  now(): Date;
  /** Milliseconds, with fractions, since some moment in the past: for how long something took. It never goes back. */
  monotonicMs(): number;
};

/** The clock of this machine. */
export const createClock = (): Clock => ({ now: () => new Date(), monotonicMs: () => performance.now() });
