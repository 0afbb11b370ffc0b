// How Prisma talks to SQLite here: transactions that no other query can join.
import { setTimeout } from 'node:timers/promises';
import type { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';
import type Sqlite from 'better-sqlite3';
import { DatabaseError } from './database-error.ts';
import { type Adapter, type Connection, connect, faultOf } from './sqlite-connection.ts';

type Transaction = Awaited<ReturnType<Adapter['startTransaction']>>;

/** What `new PrismaClient({ adapter })` takes. */
export type AdapterFactory = Pick<PrismaBetterSqlite3, 'provider' | 'adapterName' | 'connect'>;

/** Between two tries to begin while another program holds a lock on the file. */
const BUSY_PAUSE_MS = 100;

/** What {@link createWriterAdapter} takes besides the file. */
export type WriterOptions = {
  /** How long a transaction tries to begin while another program holds a lock on the file. */
  readonly lockedTimeoutMs: number;
  /** Hears of failures of SQLite itself (disk full, locked, …), which Prisma's own errors blur. */
  readonly onFault: (fault: DatabaseError) => void;
};

/**
 * The writer's adapter. The official one has a single connection, and a plain query that comes while an interactive
 * transaction is open joins it: its write is answered and then lost by the other's rollback. Here a query outside a
 * transaction is refused, and so is one through a transaction that has ended.
 */
export const createWriterAdapter = (
  file: string,
  { lockedTimeoutMs, onFault }: WriterOptions,
): AdapterFactory => ({
  provider: 'sqlite',
  adapterName: '@prisma/adapter-better-sqlite3',
  connect: async () => {
    const connection = await connect(file, { readonly: false });
    return withTransactions(connection, {
      plain: () =>
        Promise.reject(new DatabaseError('WRITE_CLOSED', 'The writer runs queries in transactions only.')),
      start: async () => {
        await begin(connection.handle, lockedTimeoutMs, onFault);
        return createTransaction(connection, { onFault, ended: () => {} });
      },
    });
  },
});

/**
 * The readers' adapter: plain queries share one read-only connection, and each read transaction has a connection of
 * its own, so that its snapshot is nobody else's.
 */
export const createReaderAdapter = (file: string): AdapterFactory => ({
  provider: 'sqlite',
  adapterName: '@prisma/adapter-better-sqlite3',
  connect: async () => {
    const connection = await connect(file, { readonly: true });
    return withTransactions(connection, {
      plain: (run) => run(connection.adapter),
      start: async () => {
        const own = await connect(file, { readonly: true });
        own.handle.exec('BEGIN');
        return createTransaction(own, { onFault: () => {}, ended: () => own.handle.close() });
      },
    });
  },
});

type Plain = <T>(run: (adapter: Adapter) => Promise<T>) => Promise<T>;

const withTransactions = (
  { adapter }: Connection,
  { plain, start }: { plain: Plain; start: () => Promise<Transaction> },
): Adapter => ({
  provider: adapter.provider,
  adapterName: adapter.adapterName,
  queryRaw: (query) => plain((inner) => inner.queryRaw(query)),
  executeRaw: (query) => plain((inner) => inner.executeRaw(query)),
  executeScript: (script) => plain((inner) => inner.executeScript(script)),
  startTransaction: start,
  dispose: () => adapter.dispose(),
});

const begin = async (
  handle: Sqlite.Database,
  timeoutMs: number,
  onFault: WriterOptions['onFault'],
): Promise<void> => {
  const deadlineMs = performance.now() + timeoutMs;
  if (handle.inTransaction) handle.exec('ROLLBACK'); // left by a rollback that failed
  for (;;) {
    try {
      // IMMEDIATE: a lock held elsewhere shows here, where nothing is lost by trying again.
      handle.exec('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      if (faultOf(error)?.code !== 'LOCKED' || performance.now() > deadlineMs) {
        report(error, onFault);
        throw error;
      }
      await setTimeout(BUSY_PAUSE_MS);
    }
  }
};

const createTransaction = (
  { adapter, handle }: Connection,
  { onFault, ended }: { onFault: WriterOptions['onFault']; ended: () => void },
): Transaction => {
  let open = true;

  const guarded = async <T>(run: () => T | Promise<T>): Promise<T> => {
    if (!open || !handle.inTransaction)
      throw new DatabaseError('WRITE_CLOSED', 'This transaction has ended.');
    try {
      return await run();
    } catch (error) {
      // On some faults SQLite rolls back by itself, and what came next would be committed on its own; on others it
      // does not. So after any of them nothing but the rollback follows.
      if (report(error, onFault)) open = false;
      throw error;
    }
  };

  const end = async (statement: 'COMMIT' | 'ROLLBACK'): Promise<void> => {
    try {
      if (statement === 'COMMIT') await guarded(() => void handle.exec('COMMIT'));
    } finally {
      open = false;
      // After a failed COMMIT the transaction would stay open for the next one to join (prisma/orm#29933).
      if (handle.inTransaction) handle.exec('ROLLBACK');
      ended();
    }
  };

  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    options: { usePhantomQuery: true }, // COMMIT and ROLLBACK come as calls, not as queries
    queryRaw: (query) => guarded(() => adapter.queryRaw(query)),
    executeRaw: (query) => guarded(() => adapter.executeRaw(query)),
    commit: () => end('COMMIT'),
    rollback: () => end('ROLLBACK'),
  };
};

const report = (error: unknown, onFault: WriterOptions['onFault']): boolean => {
  const fault = faultOf(error);
  if (fault) onFault(fault);
  return fault !== undefined;
};
