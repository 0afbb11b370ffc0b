// The one error type of the database platform: what went wrong, with a code that callers can act on.

/**
 * - `DISK_FULL`, `LOCKED`, `IO`, `READ_ONLY`, `CORRUPT`: SQLite could not write; nothing of the write was kept.
 *   The first three may go away by themselves, so the same write can be tried again.
 * - `WRITE_TIMEOUT`: the callback of a write took too long; it was rolled back.
 * - `NESTED_WRITE`: `write` was called, and would have been awaited for ever, inside the callback of a write.
 * - `WRITE_CLOSED`: a query came through `tx` after its write had ended; it was not run.
 * - `CLOSED`: the database was closed.
 * - `DATABASE_IN_USE`: another process (or another `createDatabase` of this one) holds this file.
 * - `DATABASE_UNUSABLE`: it cannot be opened, or a PRAGMA does not take effect on it.
 * - `TRIGGER_MISSING`: an append-only trigger is missing or is not the one of this program.
 * - `MIGRATION_*`: see apply-migrations.ts.
 */
export type DatabaseErrorCode =
  | 'DISK_FULL'
  | 'LOCKED'
  | 'IO'
  | 'READ_ONLY'
  | 'CORRUPT'
  | 'WRITE_TIMEOUT'
  | 'NESTED_WRITE'
  | 'WRITE_CLOSED'
  | 'CLOSED'
  | 'DATABASE_IN_USE'
  | 'DATABASE_UNUSABLE'
  | 'TRIGGER_MISSING'
  | 'MIGRATION_FOLDER_INVALID'
  | 'MIGRATION_EDITED'
  | 'MIGRATION_MISSING'
  | 'MIGRATION_OUT_OF_ORDER'
  | 'MIGRATION_FAILED_BEFORE'
  | 'MIGRATION_FAILED'
  | 'MIGRATION_DATABASE_NEWER'
  | 'MIGRATION_DATABASE_FOREIGN';

/** Thrown by everything in this folder that deals with the database; `message` says what to do about it. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: DatabaseErrorCode;

  constructor(code: DatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Turns a failure of SQLite itself, not of the query, into a {@link DatabaseError}.
 *
 * @param sqliteCode - the (extended) result code's name, for example `SQLITE_BUSY_SNAPSHOT`.
 * @returns `undefined` for codes that are the query's own fault, such as a broken constraint.
 * @see https://www.sqlite.org/rescode.html
 */
export const databaseErrorOf = (sqliteCode: string, cause: unknown): DatabaseError | undefined => {
  const known = FAULTS.find(([prefix]) => sqliteCode.startsWith(prefix));
  return known && new DatabaseError(known[1], `${known[2]} (${sqliteCode})`, { cause });
};

const FAULTS = [
  [
    'SQLITE_FULL',
    'DISK_FULL',
    'The disk, or the file system, of the database is full. Free space; nothing was written',
  ],
  ['SQLITE_BUSY', 'LOCKED', 'Another program holds a lock on the database file. Nothing was written'],
  ['SQLITE_LOCKED', 'LOCKED', 'Another connection holds a lock on the database. Nothing was written'],
  [
    'SQLITE_READONLY',
    'READ_ONLY',
    'The database, or this connection to it, is read-only. Nothing was written',
  ],
  ['SQLITE_CANTOPEN', 'IO', 'The database file cannot be opened. Check that it exists and its permissions'],
  ['SQLITE_IOERR', 'IO', 'The operating system failed to read or write the database. Nothing was written'],
  ['SQLITE_NOMEM', 'IO', 'SQLite ran out of memory. Nothing was written'],
  ['SQLITE_CORRUPT', 'CORRUPT', 'The database file is damaged. Stop the server and restore a backup'],
  ['SQLITE_NOTADB', 'CORRUPT', 'The file is not an SQLite database. Check its path, or restore a backup'],
] as const;
