// Waiting for a condition; tests never sleep.
import { setTimeout as delay } from 'node:timers/promises';

/** Between two questions: at first little, then a tenth of what was waited, so that long waits do not keep a server busy. */
const pauseMs = (waitedMs: number): number => Math.min(150, Math.max(20, waitedMs / 10));

/** Asks until the answer is not null, undefined or false. @throws Error with `what` after `withinMs`. */
export const until = async <T>(
  ask: () => Promise<T> | T,
  what: string,
  withinMs = 20_000,
): Promise<NonNullable<T>> => {
  const began = performance.now();
  let failed: unknown = null;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== undefined && (answer as unknown) !== false) return answer;
      failed = null;
    } catch (error) {
      failed = error;
    }
    const waitedMs = performance.now() - began;
    if (waitedMs > withinMs)
      throw new Error(`not within ${withinMs} ms: ${what}`, failed ? { cause: failed } : {});
    await delay(pauseMs(waitedMs));
  }
};
