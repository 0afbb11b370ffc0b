// The time of a simulated world: every duration can be shortened by one factor.

/** Time as the model sees it. All durations are milliseconds of the real system, before the speed-up. */
export type WorldClock = {
  /** Model milliseconds since the world began. */
  nowMs(): number;
  /** Runs `act` after the duration; the result cancels it. */
  after(durationMs: number, act: () => void): () => void;
  wait(durationMs: number): Promise<void>;
  /** Cancels everything that is due. */
  stop(): void;
};

/** @param speed - divides all durations; 1 is the pace of real engines */
export const createWorldClock = (speed: number): WorldClock => {
  const timers = new Set<NodeJS.Timeout>();
  const after = (durationMs: number, act: () => void): (() => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, durationMs / speed);
    timers.add(timer);
    return () => {
      clearTimeout(timer);
      timers.delete(timer);
    };
  };
  const startMs = performance.now();
  return {
    nowMs: () => (performance.now() - startMs) * speed,
    after,
    wait: (durationMs) =>
      new Promise((resolve) => {
        after(durationMs, resolve);
      }),
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
};
