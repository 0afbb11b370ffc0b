// Which effects may run beside each other: those of different nodes. All others run alone.

/** The order of effects. */
export interface Lanes {
  /**
   * Runs `work` after all that came before it in its lane.
   *
   * @param lane - what it changes; null: anything of the host, so it waits for all, and all later ones wait for it
   * @param work - never rejects
   */
  run(lane: string | null, work: () => Promise<void>): Promise<void>;
  /** Whether `run` would begin at once. */
  isFree(lane: string | null): boolean;
  /** Resolves when what was asked for so far in this lane has ended; undefined: nothing was. */
  busy(lane: string): Promise<void> | undefined;
  /** Resolves when all that was asked for so far has ended. */
  idle(): Promise<void>;
}

/** Lanes without any work. */
export function createLanes(): Lanes {
  const lanes = new Map<string, Promise<void>>();
  let alone: Promise<void> | undefined;

  const inTheWay = (lane: string | null): Promise<void>[] => {
    const own = lane === null ? [...lanes.values()] : [lanes.get(lane)];
    return [...own, alone].filter((work) => work !== undefined);
  };

  return {
    isFree: (lane) => inTheWay(lane).length === 0,
    busy: (lane) => lanes.get(lane),
    run: (lane, work) => {
      const before = inTheWay(lane);
      const done = before.length === 0 ? work() : Promise.all(before).then(work);
      if (lane === null) alone = done;
      else lanes.set(lane, done);
      return done.finally(() => {
        if (alone === done) alone = undefined;
        if (lane !== null && lanes.get(lane) === done) lanes.delete(lane);
      });
    },
    idle: async () => {
      await Promise.all(inTheWay(null));
    },
  };
}
