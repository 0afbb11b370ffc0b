// A checked connection to SQLite: the settings that the promises rest on, and the names of its faults.
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3';
import Sqlite from 'better-sqlite3';
import { DatabaseError, databaseErrorOf } from './database-error.ts';
import { withPreparedStatements } from './prepared-sql.ts';

/** Prisma's adapter of one connection. */
export type Adapter = Awaited<ReturnType<PrismaBetterSqlite3['connect']>>;

/** An adapter and the connection inside it. */
export type Connection = { readonly adapter: Adapter; readonly handle: Sqlite.Database };

/** better-sqlite3 waits for a lock by blocking the event loop: short here, and then again from async code. */
const BUSY_TIMEOUT_MS = 50;

/** Set on every connection, then read back: PRAGMA and the value that it must answer with. */
export const PRAGMAS = [
  ['journal_mode', 'wal'],
  ['synchronous', 2], // FULL; better-sqlite3's own default in WAL mode loses acknowledged commits on power loss
  ['foreign_keys', 1],
  ['trusted_schema', 0],
  ['cell_size_check', 1],
  ['journal_size_limit', 64 * 1024 * 1024],
  ['busy_timeout', BUSY_TIMEOUT_MS],
] as const;

/**
 * Sets {@link PRAGMAS} on a connection, or closes it.
 *
 * @throws {DatabaseError} `DATABASE_UNUSABLE` when one does not take effect, for example WAL on a file system
 * without shared memory; `LOCKED` or `CORRUPT` when SQLite says so.
 */
export const setPragmas = (handle: Sqlite.Database): void => {
  try {
    for (const [name, value] of PRAGMAS) {
      handle.pragma(`${name} = ${value}`);
      const got = handle.pragma(name, { simple: true });
      // The connection may answer with bigints (Prisma's adapter asks for safe integers).
      if (String(got) !== String(value)) {
        const message = `PRAGMA ${name} is ${got} instead of ${value} on ${handle.name}. Is it on a local file system?`;
        throw new DatabaseError('DATABASE_UNUSABLE', message);
      }
    }
  } catch (error) {
    handle.close();
    throw faultOf(error) ?? error;
  }
};

/**
 * Opens an existing file for Prisma, with {@link PRAGMAS} set.
 *
 * @throws {DatabaseError} as {@link setPragmas}, and `IO` when the file cannot be opened.
 */
export const connect = async (file: string, { readonly }: { readonly: boolean }): Promise<Connection> => {
  const adapter = await openAdapter(file, readonly);
  // Held under a private name by the adapter: `inTransaction` is the only sure word on a transaction's state, since
  // SQLite rolls back by itself on some errors.
  const handle = 'client' in adapter ? adapter.client : undefined;
  if (!(handle instanceof Sqlite)) {
    const message = 'This version of @prisma/adapter-better-sqlite3 hides its connection.';
    throw new DatabaseError('DATABASE_UNUSABLE', message);
  }
  setPragmas(handle);
  Object.assign(adapter, { client: withPreparedStatements(handle) });
  return { adapter, handle };
};

const openAdapter = async (file: string, readonly: boolean): Promise<Adapter> => {
  const options = { url: `file:${file}`, readonly, fileMustExist: true, timeout: BUSY_TIMEOUT_MS };
  try {
    return await new PrismaBetterSqlite3(options).connect();
  } catch (error) {
    throw faultOf(error) ?? error;
  }
};

/** The fault of SQLite behind an error of the driver or of Prisma's adapter; `undefined` when there is none. */
export const faultOf = (error: unknown) => databaseErrorOf(sqliteCodeOf(error), error);

const sqliteCodeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Prisma's adapter wraps the driver's error and keeps its code here.
  const cause = error.cause;
  return typeof cause === 'object' &&
    cause !== null &&
    'originalCode' in cause &&
    typeof cause.originalCode === 'string'
    ? cause.originalCode
    : '';
};
