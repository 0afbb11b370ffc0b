// Who is told when something ends, such as a key: at once when it is ended, and by itself when its time has come.
import type { Clock } from '../platform/clock.ts';

export type Endings = {
  /** Calls once it has ended. @returns what forgets the call. */
  onEnd(id: string, listener: () => void): () => void;
  /** It was ended before its time: all who listen are told. */
  ended(id: string): void;
};

/** The longest time that Node's setTimeout takes: 24.8 days. */
const longestTimerMs = 2_147_483_647;

/** @param expiresAt when it ends by itself; null: never. */
export const createEndings = (clock: Clock, expiresAt: (id: string) => Date | null | undefined): Endings => {
  const endings = new Map<string, Set<() => void>>();
  return {
    onEnd: (id, listener) => {
      const at = expiresAt(id);
      let timer: NodeJS.Timeout | undefined;
      /** In steps, for a key may live longer than a timer can be set. */
      const arm = (): void => {
        if (!at) return;
        const leftMs = Math.max(0, at.getTime() - clock.now().getTime());
        timer = leftMs > longestTimerMs ? setTimeout(arm, longestTimerMs) : setTimeout(ended, leftMs);
        timer.unref();
      };
      const listening = endings.get(id) ?? new Set();
      endings.set(id, listening.add(ended));
      arm();
      function forget(): void {
        clearTimeout(timer);
        listening.delete(ended);
        if (listening.size === 0 && endings.get(id) === listening) endings.delete(id);
      }
      function ended(): void {
        forget();
        listener();
      }
      return forget;
    },
    ended: (id) => {
      for (const ended of [...(endings.get(id) ?? [])]) ended();
    },
  };
};
