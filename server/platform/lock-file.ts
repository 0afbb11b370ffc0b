// One process per database file: a lock that the kernel itself takes back when its holder dies, however it dies.
import { closeSync, constants, existsSync, openSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { DatabaseError } from './database-error.ts';

/** A lock that is held until `release`, or until the process is gone. */
export type FileLock = { readonly path: string; release(): void };

/**
 * Takes the lock of a database file, at once or not at all.
 *
 * It is an exclusive SQLite transaction, never committed, on the empty file `<file>.lock`: SQLite keeps it as a
 * POSIX lock, which ends with the process (kill -9 included) and which also holds between containers of one host.
 * It does not hold between hosts on a network file system, where SQLite must not be used anyway
 * (https://www.sqlite.org/howtocorrupt.html, 2.1). The file is left behind on purpose: it is its lock that counts.
 *
 * @param file - path of the database; a symbolic link to it takes the same lock.
 * @throws {DatabaseError} `DATABASE_IN_USE` when it is held; `DATABASE_UNUSABLE` when the folder cannot be written.
 */
export const lockFile = (file: string): FileLock => {
  const path = lockPath(file);
  try {
    // A link would have a file made wherever it leads, by root where a restore runs as root.
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
    closeSync(openSync(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, 0o600));
    const holder = new Sqlite(path, { timeout: 0 });
    try {
      holder.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      holder.close();
      throw error;
    }
    return { path, release: () => holder.close() };
  } catch (cause) {
    throw cause instanceof Sqlite.SqliteError && cause.code.startsWith('SQLITE_BUSY')
      ? inUse(file, path, cause)
      : unusable(path, cause);
  }
};

const inUse = (file: string, path: string, cause: unknown) =>
  new DatabaseError(
    'DATABASE_IN_USE',
    `Another Skep server uses the database ${file} (it holds ${path}). Stop that server, or give this one another ` +
      'file. The lock ends with its process: there is nothing to delete.',
    { cause },
  );

const unusable = (path: string, cause: unknown) =>
  new DatabaseError(
    'DATABASE_UNUSABLE',
    `Cannot lock ${path}: ${cause instanceof Error ? cause.message : cause}. Check that its folder exists and is writable.`,
    { cause },
  );

const lockPath = (file: string) =>
  existsSync(file) ? `${realpathSync(file)}.lock` : join(parentOf(file), `${basename(file)}.lock`);

const parentOf = (file: string) => {
  const parent = dirname(file);
  return existsSync(parent) ? realpathSync(parent) : parent;
};
