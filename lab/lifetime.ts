// Owns what a program has started, and ends it in the opposite order, whenever that is asked for.

/** Asked to start something while the end was under way. */
export class Ended extends Error {}

/** What has been started and must not outlive the program. */
export type Lifetime = {
  /**
   * Starts a thing and remembers how to end it. What is still starting when the end comes is awaited, then ended.
   * @throws Ended once the end has begun.
   */
  own<T>(start: () => Promise<T>, end: (thing: T) => Promise<void> | void): Promise<T>;
  isEnding(): boolean;
  /** Ends all, the newest first; the same promise for each call. Rejects with the first error when all was tried. */
  end(): Promise<void>;
};

/** Begins an empty lifetime. */
export const createLifetime = (): Lifetime => {
  const ends: (() => Promise<void>)[] = [];
  let ending: Promise<void> | null = null;
  const endAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const end of ends.reverse()) await end().catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  return {
    own: async (start, end) => {
      if (ending) throw new Ended('this is ending');
      const starting = start();
      ends.push(async () => {
        const started = await starting.then(
          (thing) => ({ thing }),
          () => null,
        );
        if (started) await end(started.thing);
      });
      const thing = await starting;
      if (ending) throw new Ended('this is ending');
      return thing;
    },
    isEnding: () => ending !== null,
    end: () => {
      ending ??= endAll();
      return ending;
    },
  };
};
