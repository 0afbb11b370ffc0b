// How Prisma talks to SQLite here: a write's queries and nobody else's in its transaction, each snapshot by itself.
import type { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';
import { DatabaseError } from './database-error.ts';
import { type Adapter, type Connection, connect } from './sqlite-connection.ts';
import { type Guard, refuseClosed } from './write-scope.ts';

type Transaction = Awaited<ReturnType<Adapter['startTransaction']>>;

/** What `new PrismaClient({ adapter })` takes. */
export type AdapterFactory = Pick<PrismaBetterSqlite3, 'provider' | 'adapterName' | 'connect'>;

/**
 * The writer's adapter. The official one lets a plain query that comes while another's transaction is open join it: its
 * write is answered and then lost by the other's rollback. Here the transaction is the write queue's, and a query that
 * is not of the write that runs now is refused. Transactions that Prisma begins for itself are part of that write.
 */
export const createWriterAdapter = ({ adapter }: Connection, guard: Guard): AdapterFactory => {
  const queries = guardedQueries(adapter, guard);
  return {
    provider: 'sqlite',
    adapterName: '@prisma/adapter-better-sqlite3',
    connect: async () => ({
      ...queries,
      executeScript: () => Promise.reject(new DatabaseError('WRITE_CLOSED', 'The writer runs no scripts.')),
      startTransaction: async () => {
        refuseClosed(guard);
        return { ...queries, options: phantom, commit: async () => {}, rollback: async () => {} };
      },
      dispose: async () => {},
    }),
  };
};

/**
 * The readers' adapter: plain queries share one read-only connection, and each read transaction has a connection of
 * its own, so that its snapshot is nobody else's.
 */
export const createReaderAdapter = ({ adapter }: Connection, file: string): AdapterFactory => ({
  provider: 'sqlite',
  adapterName: '@prisma/adapter-better-sqlite3',
  connect: async () => ({
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    queryRaw: (query) => adapter.queryRaw(query),
    executeRaw: (query) => adapter.executeRaw(query),
    executeScript: (script) => adapter.executeScript(script),
    startTransaction: () => startSnapshot(file),
    dispose: async () => {},
  }),
});

/** COMMIT and ROLLBACK come as calls, not as queries. */
const phantom = { usePhantomQuery: true };

const guardedQueries = (adapter: Adapter, guard: Guard) => {
  const guarded = async <T>(run: () => Promise<T>): Promise<T> => {
    refuseClosed(guard);
    try {
      return await run();
    } catch (error) {
      guard.failed(error);
      throw error;
    }
  };
  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    queryRaw: (query: Query) => guarded(() => adapter.queryRaw(query)),
    executeRaw: (query: Query) => guarded(() => adapter.executeRaw(query)),
  };
};

type Query = Parameters<Adapter['queryRaw']>[0];

const startSnapshot = async (file: string): Promise<Transaction> => {
  const { adapter, handle } = await connect(file, { readonly: true });
  handle.exec('BEGIN');
  const guard: Guard = { isOpen: () => handle.open, failed: () => {} };
  const end = async (): Promise<void> => void handle.close();
  return { ...guardedQueries(adapter, guard), options: phantom, commit: end, rollback: end };
};
