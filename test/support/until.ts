// Waiting for a condition; tests never sleep.
import { setTimeout as delay } from 'node:timers/promises';

/** Asks until the answer is not null, undefined or false. @throws Error with `what` after `withinMs`. */
export const until = async <T>(
  ask: () => Promise<T> | T,
  what: string,
  withinMs = 20_000,
): Promise<NonNullable<T>> => {
  const end = performance.now() + withinMs;
  let failed: unknown = null;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== undefined && (answer as unknown) !== false) return answer;
      failed = null;
    } catch (error) {
      failed = error;
    }
    if (performance.now() > end)
      throw new Error(`not within ${withinMs} ms: ${what}`, failed ? { cause: failed } : {});
    await delay(20);
  }
};
