// Waiting for what will be, in tests.
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves with the first value that is neither undefined, null nor false; rejects after `withinMs`. */
export async function until<T>(
  look: () => T | undefined | null | false,
  what: string,
  withinMs = 10_000,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== null && found !== false) return found;
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(5);
  }
}
