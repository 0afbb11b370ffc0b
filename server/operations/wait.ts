// Waiting for a state of the world: asked again and again, since no engine tells when it is reached.
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks until the answer is not null, or the time is over.
 * @param intervalMs between the end of one question and the next. @default 100
 * @returns the answer, or null when time ran out.
 * @throws the signal's reason when it is aborted; whatever `ask` throws.
 */
export const waitFor = async <T>(
  ask: () => Promise<T | null>,
  { timeoutMs, intervalMs = 100, signal }: { timeoutMs: number; intervalMs?: number; signal: AbortSignal },
): Promise<T | null> => {
  const until = performance.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() >= until) return null;
    await delay(intervalMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
};
