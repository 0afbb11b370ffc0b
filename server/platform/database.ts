// The database of the server: plain reads beside one queue of writes, each of them a transaction of its own.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import { type Prisma, PrismaClient } from '../../prisma/generated/client.ts';
import { checkTriggers } from './audit-triggers.ts';
import { DatabaseError } from './database-error.ts';
import { lockFile } from './lock-file.ts';
import type { Log } from './log.ts';
import { createReaderAdapter, createWriterAdapter } from './sqlite-adapter.ts';

/** See {@link createDatabase}. */
export type Database = {
  /**
   * Plain reads, on a read-only connection of their own: they see what is committed and nothing else, and a write
   * through it fails. `read.$transaction` is one snapshot.
   */
  readonly read: PrismaClient;
  /**
   * Runs `run` as one transaction, after all writes that were asked for before. When it resolves, the write is
   * durable (`synchronous=FULL`); when it rejects, nothing of it was kept. Errors that `run` throws come through
   * unchanged, as do Prisma's own (a broken unique constraint); failures of SQLite are a {@link DatabaseError}.
   *
   * @param run - queries through `tx` only, and nothing slow: no network call, no timer, no `write`.
   * @param committed - runs at once after the COMMIT and before the next write begins: the place to advance
   * projections and sequence heads. If it throws, that is logged; the write is done.
   */
  write<T>(run: (tx: Prisma.TransactionClient) => Promise<T>, committed?: (value: T) => void): Promise<T>;
  /** Waits for the writes already asked for, refuses later ones with `CLOSED`, and gives up the lock. */
  close(): Promise<void>;
};

/** What {@link createDatabase} takes. */
export type DatabaseOptions = {
  /** Path of the SQLite file, migrated by `applyMigrations`. */
  readonly file: string;
  /** Hears of `committed` callbacks that threw. */
  readonly log?: Pick<Log, 'error'>;
  /** How long `run` may take before its write is rolled back, so that one hung write cannot stop all. Default 5,000. */
  readonly writeTimeoutMs?: number;
  /** How long a write waits for a lock that another program holds on the file. Default 2,000. */
  readonly lockedTimeoutMs?: number;
};

/**
 * Opens the database and takes its lock for the life of the process.
 *
 * @throws {DatabaseError} `DATABASE_IN_USE`, `DATABASE_UNUSABLE` or `TRIGGER_MISSING`.
 */
export const createDatabase = async ({
  file,
  log,
  writeTimeoutMs = 5_000,
  lockedTimeoutMs = 2_000,
}: DatabaseOptions): Promise<Database> => {
  const lock = lockFile(file);
  const inWrite = new AsyncLocalStorage<{ open: boolean }>();
  let fault: DatabaseError | undefined;
  let closed = false;
  let tail: Promise<unknown> = Promise.resolve();

  const read = new PrismaClient({ adapter: createReaderAdapter(file) });
  const writer = new PrismaClient({
    adapter: createWriterAdapter(file, { lockedTimeoutMs, onFault: (seen) => (fault ??= seen) }),
    // Ours come first: these only have to be out of their way.
    transactionOptions: { timeout: writeTimeoutMs * 2, maxWait: lockedTimeoutMs * 2 + 1_000 },
  });

  const transact = async <T>(run: (tx: Prisma.TransactionClient) => Promise<T>): Promise<T> => {
    const scope = { open: true };
    fault = undefined;
    try {
      return await writer.$transaction((tx) =>
        inWrite.run(scope, () => withDeadline(run(tx), writeTimeoutMs)),
      );
    } catch (error) {
      throw fault ?? error;
    } finally {
      scope.open = false;
    }
  };

  const complete = <T>(value: T, committed: ((value: T) => void) | undefined) => {
    try {
      committed?.(value);
    } catch (error) {
      log?.error({ err: error }, 'A callback failed after its write was committed');
    }
  };

  const close = async () => {
    closed = true;
    await tail;
    await Promise.all([read.$disconnect(), writer.$disconnect()]);
    lock.release();
  };

  try {
    await Promise.all([writer.$connect(), read.$connect()]);
    await checkTriggers({ read });
  } catch (error) {
    await close();
    throw error;
  }

  return {
    read,
    write: (run, committed) => {
      if (closed) return Promise.reject(new DatabaseError('CLOSED', 'The database is closed.'));
      if (inWrite.getStore()?.open) return Promise.reject(nestedWrite());
      const result = tail.then(async () => {
        const value = await transact(run);
        complete(value, committed);
        return value;
      });
      // Queries settle in microtasks alone: without a turn of the loop between two writes, a long queue of them
      // would starve sockets and timers.
      tail = result.then(turn, turn);
      return result;
    },
    close,
  };
};

const turn = () => setImmediate();

const nestedWrite = () =>
  new DatabaseError(
    'NESTED_WRITE',
    'A write inside the callback of a write would wait for itself: use its tx.',
  );

/** Settles as `work` does, or rejects when that takes too long. */
const withDeadline = <T>(work: Promise<T>, timeoutMs: number): Promise<T> =>
  new Promise((resolve, reject) => {
    const message = `A write took more than ${timeoutMs} ms and was rolled back. Do slow work before it, not in it.`;
    const timer = setTimeout(() => reject(new DatabaseError('WRITE_TIMEOUT', message)), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
