// Which write runs now, and whether it is the one that asks: no other's query may join it.
import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseError } from './database-error.ts';

/** Whether a query may run now, and who hears of its failure. */
export type Guard = { isOpen(): boolean; failed(error: unknown): void };

/** @throws DatabaseError WRITE_CLOSED. */
export const refuseClosed = ({ isOpen }: Guard): void => {
  if (!isOpen())
    throw new DatabaseError('WRITE_CLOSED', 'A query came outside its write, or after it had ended.');
};

export type WriteScope = {
  /** Whether the code that asks was called, however deep, by the write that runs now. */
  isCurrent(): boolean;
  /** Runs a write. @param work is told how to learn whether this very write still runs. */
  run<T>(work: (isOpen: () => boolean) => Promise<T>): Promise<T>;
};

export const createWriteScope = (): WriteScope => {
  const scopes = new AsyncLocalStorage<object>();
  let current: object | null = null;
  return {
    isCurrent: () => current !== null && scopes.getStore() === current,
    run: async (work) => {
      const scope = {};
      current = scope;
      try {
        return await scopes.run(scope, () => work(() => current === scope));
      } finally {
        current = null;
        // While it is in use Node 20 follows every promise of the process: a fifth of what a kept answer costs. What was
        // called by an ended write keeps its scope or loses it, and is no later one's either way.
        scopes.disable();
      }
    },
  };
};
