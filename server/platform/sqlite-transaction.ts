// The transaction of a group of writes, and the savepoint of each of them, on the writer's connection.
import { setTimeout } from 'node:timers/promises';
import type Sqlite from 'better-sqlite3';
import type { DatabaseError } from './database-error.ts';
import { faultOf } from './sqlite-connection.ts';

/** Between two tries to begin while another program holds a lock on the file. */
const BUSY_PAUSE_MS = 100;

export type GroupTransaction = {
  /** Waits while another program holds a lock on the file. @throws what SQLite says when it cannot begin. */
  begin(): Promise<void>;
  /** Begins a write of the group. */
  savepoint(): void;
  /** Keeps it, within the group. */
  release(): void;
  /** Takes it back, and it alone. */
  undo(): void;
  /** When it returns, the group is durable. */
  commit(): void;
  /** Takes all of the group back. Never throws. */
  rollback(): void;
  /** Whether queries may run: it is begun, and SQLite has not failed since. */
  isOpen(): boolean;
  /** Keeps an error in mind if it is a fault of SQLite itself: then nothing but the rollback follows. */
  failed(error: unknown): void;
  /** The first such fault since it was begun. */
  fault(): DatabaseError | undefined;
};

/** @param lockedTimeoutMs how long it tries to begin while another program holds a lock on the file. */
export const createGroupTransaction = (
  handle: Sqlite.Database,
  lockedTimeoutMs: number,
): GroupTransaction => {
  // IMMEDIATE: a lock held elsewhere shows here, where nothing is lost by trying again.
  const begin = handle.prepare('BEGIN IMMEDIATE');
  const commit = handle.prepare('COMMIT');
  const savepoint = handle.prepare('SAVEPOINT "write"');
  const release = handle.prepare('RELEASE "write"');
  const undo = handle.prepare('ROLLBACK TO "write"');
  let fault: DatabaseError | undefined;

  const failed = (error: unknown): void => {
    fault ??= faultOf(error);
  };
  const run = (statement: Sqlite.Statement): void => {
    try {
      statement.run();
    } catch (error) {
      failed(error);
      throw error;
    }
  };
  const rollback = (): void => {
    try {
      // On some faults SQLite rolled back by itself; after a failed COMMIT it did not (prisma/orm#29933).
      if (handle.inTransaction) handle.exec('ROLLBACK');
    } catch {
      // It is tried again before the next one begins.
    }
  };

  return {
    begin: async () => {
      fault = undefined;
      rollback();
      for (const deadlineMs = performance.now() + lockedTimeoutMs; ; await setTimeout(BUSY_PAUSE_MS))
        try {
          begin.run();
          return;
        } catch (error) {
          if (faultOf(error)?.code === 'LOCKED' && performance.now() <= deadlineMs) continue;
          failed(error);
          throw error;
        }
    },
    savepoint: () => run(savepoint),
    release: () => run(release),
    undo: () => {
      run(undo);
      run(release);
    },
    commit: () => run(commit),
    rollback,
    isOpen: () => handle.inTransaction && fault === undefined,
    failed,
    fault: () => fault,
  };
};
