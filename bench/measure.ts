// What a measure is. One is a file of bench/measures/, listed in bench/measures.ts.

/** One round: the same work on both sides, shortly after each other, in the row's unit. */
export type Sample = {
  ours: number;
  /** What it is compared with; with `compare: 'ours'` it is only shown, and 0 where there is nothing. */
  reference: number;
};

/** One line of the results. */
export type Row = {
  /** Unique, in camelCase: what `--only` takes. */
  id: string;
  /** What is compared with what, in one line of at most 120 characters, for a reader who knows the glossary. */
  what: string;
  /** Of `ours` and `reference`: `µs CPU/request`, `ms`, `kB`, … */
  unit: string;
  /**
   * What is held against the goal.
   * - `ratio`: ours ÷ reference. «At least 4 times less» is a goal of 0.25.
   * - `difference`: ours − reference.
   * - `ours`: ours alone.
   */
  compare: 'ratio' | 'difference' | 'ours';
  /** The most that it may be. */
  goal: number;
};

/** What a measure is given. */
export type Context = {
  /** How many samples each row wants; 1 when `short`. */
  rounds: number;
  /** Only to see that it runs: the smallest sizes that still take every path, a few seconds in all. Nothing is judged. */
  short: boolean;
  log(line: string): void;
  /** Ends the thing when the measure has ended, however it ended; the newest first. */
  own<T>(start: () => Promise<T>, end: (thing: T) => Promise<void> | void): Promise<T>;
};

/** A setup with what is measured on it: usually one row, several when they share it. */
export type Measure = {
  rows: readonly Row[];
  /**
   * Runs it. @returns the samples by row id, one a round.
   * @throws Error when it could not be measured: reported, and the other measures go on.
   */
  run(context: Context): Promise<Readonly<Record<string, readonly Sample[]>>>;
};
