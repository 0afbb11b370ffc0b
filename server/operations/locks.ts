// Named locks, in order of asking. Held in memory: one server runs on a database, and recovery takes them again.
import { Failure } from '../platform/failure.ts';

type Waiter = { owner: string; grant: () => void };
type Lock = { owner: string; waiting: Waiter[] };

export type Locks = {
  /**
   * Takes all names, in alphabetical order so that two can never wait for each other.
   * @returns what releases them.
   * @throws Failure BUSY after `waitMs`, naming the operation in the way; the signal's reason when aborted.
   */
  acquire(names: readonly string[], owner: string, waitMs: number, signal: AbortSignal): Promise<() => void>;
  /** Gives back those of the names that the owner holds; the others stay as they are. */
  release(names: readonly string[], owner: string): void;
};

export const createLocks = (): Locks => {
  const locks = new Map<string, Lock>();

  const release = (name: string): void => {
    const lock = locks.get(name);
    const next = lock?.waiting.shift();
    if (!lock || !next) {
      locks.delete(name);
      return;
    }
    lock.owner = next.owner;
    next.grant();
  };

  const take = (name: string, owner: string, waitMs: number, signal: AbortSignal): Promise<void> => {
    const lock = locks.get(name);
    if (!lock) {
      locks.set(name, { owner, waiting: [] });
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
      };
      const waiter: Waiter = {
        owner,
        grant: () => {
          settle();
          resolve();
        },
      };
      const giveUp = (error: unknown): void => {
        settle();
        lock.waiting = lock.waiting.filter((other) => other !== waiter);
        reject(error);
      };
      const aborted = (): void => giveUp(signal.reason);
      const timer = setTimeout(
        () =>
          giveUp(
            new Failure(
              'BUSY',
              `operation ${lock.owner} holds ${name}`,
              'wait for it, or give a longer waitSeconds',
            ),
          ),
        waitMs,
      );
      signal.addEventListener('abort', aborted, { once: true });
      lock.waiting.push(waiter);
    });
  };

  /** One that was given back already may be somebody else's by now. */
  const giveBack: Locks['release'] = (names, owner) =>
    names.filter((name) => locks.get(name)?.owner === owner).forEach(release);

  return {
    release: giveBack,
    acquire: async (names, owner, waitMs, signal) => {
      const held: string[] = [];
      const releaseAll = (): void => giveBack(held.splice(0), owner);
      const until = performance.now() + waitMs;
      try {
        for (const name of [...new Set(names)].sort()) {
          signal.throwIfAborted();
          await take(name, owner, Math.max(0, until - performance.now()), signal);
          held.push(name);
        }
      } catch (error) {
        releaseAll();
        throw error;
      }
      return releaseAll;
    },
  };
};
