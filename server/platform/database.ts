// The database of the server: plain reads beside one queue of writes, which are committed in groups.
import { type Prisma, PrismaClient } from '../../prisma/generated/client.ts';
import { checkTriggers } from './audit-triggers.ts';
import { DatabaseError } from './database-error.ts';
import { lockFile } from './lock-file.ts';
import type { Log } from './log.ts';
import { createPreparedSql, type PreparedRead, type PreparedWrite } from './prepared-sql.ts';
import { createReaderAdapter, createWriterAdapter } from './sqlite-adapter.ts';
import { connect } from './sqlite-connection.ts';
import { createGroupTransaction } from './sqlite-transaction.ts';
import { createWriteQueue } from './write-queue.ts';
import { createWriteScope } from './write-scope.ts';

/** What a write has: Prisma's client, and `$sql` for the few rows that are written all the time. */
export type Transaction = Prisma.TransactionClient & { readonly $sql: PreparedWrite };

/** See {@link createDatabase}. */
export type Database = {
  /**
   * Plain reads, on a read-only connection of their own: they see what is committed and nothing else, and a write
   * through it fails. `read.$transaction` is one snapshot.
   */
  readonly read: PrismaClient;
  /** Plain reads on the same connection by SQL, for the few that are asked for all the time. */
  readonly sql: PreparedRead;
  /**
   * Runs `run` by itself, after all writes that were asked for before. When it resolves, the write is durable
   * (`synchronous=FULL`); when it rejects, nothing of it was kept. Writes that wait are committed together: one that
   * throws takes back itself alone, and when the COMMIT fails, all of them reject. Errors that `run` throws come
   * through unchanged, as do Prisma's own (a broken unique constraint); failures of SQLite are a {@link DatabaseError}.
   *
   * @param run - queries through `tx` only, and nothing slow: no network call, no timer, no `write`.
   * @param committed - runs at once after the COMMIT and before the next write begins: the place to advance
   * projections that a later `run` reads. It costs the write its company: the group is committed for it. If it throws,
   * that is logged; the write is done.
   * @param afterwards - runs at once after the COMMIT too, in the order of the writes, when later ones of the group may
   * have run: the place for what no `run` reads, such as the head of a sequence.
   */
  write<T>(
    run: (tx: Transaction) => Promise<T>,
    committed?: (value: T) => void,
    afterwards?: (value: T) => void,
  ): Promise<T>;
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
  /** How long a group of writes may take in further ones before it is committed. Default 20. */
  readonly mostGroupMs?: number;
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
  mostGroupMs = 20,
  lockedTimeoutMs = 2_000,
}: DatabaseOptions): Promise<Database> => {
  const lock = lockFile(file);
  const closing: (() => unknown)[] = [() => lock.release()];
  const release = async (): Promise<void> => {
    for (const close of closing.reverse()) await close();
  };

  try {
    const written = await connect(file, { readonly: false });
    closing.push(() => written.handle.close());
    const seen = await connect(file, { readonly: true });
    closing.push(() => seen.handle.close());

    const scope = createWriteScope();
    const group = createGroupTransaction(written.handle, lockedTimeoutMs);
    const guard = { isOpen: () => scope.isCurrent() && group.isOpen(), failed: group.failed };
    const writer = new PrismaClient({ adapter: createWriterAdapter(written, guard) });
    const read = new PrismaClient({ adapter: createReaderAdapter(seen, file) });
    const sql = createPreparedSql(written.handle, guard);
    const queue = createWriteQueue({
      transaction: group,
      mostGroupMs,
      onCallbackError: (error) =>
        log?.error({ err: error }, 'A callback failed after its write was committed'),
    });
    closing.push(() => Promise.all([read.$disconnect(), writer.$disconnect()]));
    await Promise.all([writer.$connect(), read.$connect()]);
    await checkTriggers({ read });

    let closed = false;
    return {
      read,
      sql: createPreparedSql(seen.handle),
      write: (run, committed, afterwards) => {
        if (closed) return Promise.reject(new DatabaseError('CLOSED', 'The database is closed.'));
        if (scope.isCurrent()) return Promise.reject(nestedWrite());
        return queue.push({
          run: () =>
            scope.run((isOpen) => withDeadline(run(transactionOf(writer, sql, isOpen)), writeTimeoutMs)),
          committed,
          afterwards,
        });
      },
      close: async () => {
        closed = true;
        await queue.idle();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
};

/** What `tx` is once its write has ended, whoever kept it and whatever else is written then. */
const ended = (): Promise<never> =>
  Promise.reject(
    new DatabaseError('WRITE_CLOSED', 'A query came through the tx of a write after it had ended.'),
  );
const endedClient = new Proxy(ended, { get: () => ended });

const transactionOf = (writer: PrismaClient, sql: PreparedWrite, isOpen: () => boolean): Transaction =>
  new Proxy(writer, {
    get: (client, name) => {
      if (name === '$sql') return sql;
      if (!isOpen()) return endedClient;
      const value = Reflect.get(client, name);
      return typeof value === 'function' ? value.bind(client) : value;
    },
  }) as PrismaClient & { $sql: PreparedWrite };

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
