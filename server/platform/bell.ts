// A bell: tells all who wait that there may be something new. It carries nothing, so nothing can pile up in it.

export type Bell = {
  ring(): void;
  /** Resolves at the next ring, after `timeoutMs`, or when the signal is aborted; never rejects. */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<'rung' | 'silent'>;
};

export const createBell = (): Bell => {
  const waiting = new Set<() => void>();
  return {
    ring: () => {
      for (const wake of [...waiting]) wake();
    },
    wait: (timeoutMs, signal) =>
      new Promise((resolve) => {
        const end = (how: 'rung' | 'silent'): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', silent);
          waiting.delete(rung);
          resolve(how);
        };
        const rung = (): void => end('rung');
        const silent = (): void => end('silent');
        const timer = setTimeout(silent, timeoutMs);
        if (signal?.aborted) {
          silent();
          return;
        }
        signal?.addEventListener('abort', silent, { once: true });
        waiting.add(rung);
      }),
  };
};
