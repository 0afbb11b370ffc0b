// The queue of writes. Those that wait share one transaction and its one fsync, each in a savepoint of its own.
import { setImmediate } from 'node:timers/promises';
import type { GroupTransaction } from './sqlite-transaction.ts';

/** A group takes no further write once it has this many. */
export const mostWritesInGroup = 64;
/** Queries settle in microtasks alone: sockets and timers have their turn this often, between two writes. */
const turnMs = 1;

export type Write<T> = {
  run: () => Promise<T>;
  /** Called after the COMMIT and before the next write begins: its group ends with it. */
  committed: ((value: T) => void) | undefined;
  /** Called after the COMMIT, in the order of the writes; later ones of its group have run by then. */
  afterwards: ((value: T) => void) | undefined;
};

export type WriteQueue = {
  /** Resolves when the write is durable; when it rejects, nothing of it was kept. */
  push<T>(write: Write<T>): Promise<T>;
  /** Resolves when no write waits or runs. */
  idle(): Promise<void>;
};

/** A write in the queue; what it makes is known to itself alone. */
type Waiting = {
  endsGroup: boolean;
  /** @returns whether it is to be kept; never rejects. */
  run(): Promise<boolean>;
  completed(): void;
  settle(): void;
  reject(error: unknown): void;
};

/**
 * @param mostGroupMs a group takes no further write once it has run for this long, for its first one waits.
 * @param onCallbackError hears what `committed` and `afterwards` threw; the write is done all the same.
 */
export const createWriteQueue = ({
  transaction,
  mostGroupMs,
  onCallbackError,
}: {
  transaction: GroupTransaction;
  mostGroupMs: number;
  onCallbackError: (error: unknown) => void;
}): WriteQueue => {
  const waiting: Waiting[] = [];
  let draining = false;
  let idle: Promise<void> = Promise.resolve();

  const runNext = async (write: Waiting): Promise<void> => {
    transaction.savepoint();
    const keep = await write.run();
    const fault = transaction.fault();
    if (fault) throw fault; // what was before it in the group may be gone as well
    if (keep) transaction.release();
    else transaction.undo();
  };

  const runGroup = async (): Promise<void> => {
    try {
      await transaction.begin();
    } catch (error) {
      // The first alone: by the time that the next one has waited as long, the lock may be gone.
      waiting.shift()?.reject(transaction.fault() ?? error);
      return;
    }
    const members: Waiting[] = [];
    const startedMs = performance.now();
    let turnedMs = startedMs;
    try {
      for (;;) {
        const write = waiting.shift();
        if (!write) break;
        members.push(write);
        await runNext(write);
        const nowMs = performance.now();
        if (write.endsGroup || members.length === mostWritesInGroup || nowMs - startedMs >= mostGroupMs)
          break;
        if (nowMs - turnedMs < turnMs) continue;
        await setImmediate();
        turnedMs = performance.now();
      }
      transaction.commit();
    } catch (error) {
      transaction.rollback();
      for (const write of members) write.reject(transaction.fault() ?? error);
      return;
    }
    for (const write of members) write.completed();
    for (const write of members) write.settle();
  };

  const drain = async (): Promise<void> => {
    draining = true;
    while (waiting.length > 0) {
      await runGroup();
      await setImmediate();
    }
    draining = false;
  };

  const call = (callback: () => void): void => {
    try {
      callback();
    } catch (error) {
      onCallbackError(error);
    }
  };

  return {
    push: <T>({ run, committed, afterwards }: Write<T>) =>
      new Promise<T>((resolve, reject) => {
        let settle: () => void;
        let completed = (): void => undefined;
        waiting.push({
          endsGroup: committed !== undefined,
          run: async () => {
            try {
              const value = await run();
              settle = () => resolve(value);
              completed = () => {
                if (committed) call(() => committed(value));
                if (afterwards) call(() => afterwards(value));
              };
              return true;
            } catch (error) {
              settle = () => reject(error);
              return false;
            }
          },
          completed: () => completed(),
          settle: () => settle(),
          reject,
        });
        if (!draining) idle = drain();
      }),
    idle: () => idle,
  };
};
