// Work for many peers, a few milliseconds of it for each turn of the event loop: what all of them want at once holds up
// nobody else.
import { setImmediate } from 'node:timers/promises';

export type BoundedTurns = {
  /** Runs it now while this turn has time left and nothing waits; pieces run in the order in which they were added. */
  add(piece: () => void): void;
  /**
   * Somebody has come in by a new connection: more may stand behind him, and libuv lets in one for each turn of the
   * loop (https://github.com/libuv/libuv/pull/3696). Pieces wait for a turn in which nobody comes, or `mostHeldMs`.
   */
  somebodyCame(): void;
};

const mostHeldMs = 25;

/** @param mostMs of one turn, with what its pieces bring about in microtasks. @param onError hears of a piece that threw. */
export const createBoundedTurns = (mostMs: number, onError: (error: unknown) => void): BoundedTurns => {
  let waiting: (() => void)[] = [];
  let endsAtMs = 0;
  let isCounting = false;
  let isDraining = false;
  let areComing = false;

  const run = (piece: () => void): void => {
    try {
      piece();
    } catch (error) {
      onError(error);
    }
  };

  /** A turn has its time from its first piece on. */
  const count = async (): Promise<void> => {
    isCounting = true;
    endsAtMs = performance.now() + mostMs;
    await setImmediate();
    isCounting = false;
  };

  const nextTurn = async (): Promise<void> => {
    const heldUntilMs = performance.now() + mostHeldMs;
    do {
      areComing = false;
      await setImmediate();
    } while (areComing && performance.now() < heldUntilMs);
    endsAtMs = performance.now() + mostMs;
  };

  const drain = async (): Promise<void> => {
    isDraining = true;
    while (waiting.length > 0) {
      const taken = waiting;
      waiting = [];
      for (const piece of taken) {
        // Others of this turn come first, and what the last piece brought about.
        await null;
        if (areComing || performance.now() >= endsAtMs) await nextTurn();
        run(piece);
      }
    }
    isDraining = false;
  };

  return {
    add: (piece) => {
      if (!isCounting) void count();
      if (!isDraining && !areComing && performance.now() < endsAtMs) return run(piece);
      waiting.push(piece);
      if (!isDraining) void drain();
    },
    somebodyCame: () => {
      areComing = true;
    },
  };
};
