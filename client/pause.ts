// How long to wait before another try.

const shortestMs = 250;
const longestMs = 10_000;

/** Ever longer, and never the same for two: those that a restart cut off do not all come back at once. */
export const waitMs = (tries: number): number =>
  Math.min(longestMs, shortestMs * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2);

/** Over after the time, or with the signal. */
export const pause = (ms: number, signal?: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
    if (signal?.aborted) done();
  });
