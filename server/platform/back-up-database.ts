// A complete copy of a database beside it, that is either there and sound or not there at all.
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { DatabaseError } from './database-error.ts';

/**
 * Copies a database, checks the copy, and only then gives it its name; an older copy of that name is replaced.
 *
 * @throws {DatabaseError} `CORRUPT` when the copy does not pass SQLite's integrity check.
 * @see https://www.sqlite.org/lang_vacuum.html VACUUM INTO does not fsync what it writes, so this does.
 */
export const backUpDatabase = (db: Sqlite.Database, target: string): void => {
  const part = `${target}.part`;
  rmSync(part, { force: true });
  // Made first, so that it is private from its first byte; VACUUM INTO accepts an empty file.
  closeSync(openSync(part, 'wx', 0o600));
  db.prepare('VACUUM INTO ?').run(part);
  const copy = new Sqlite(part, { readonly: true });
  try {
    checkIntegrity(copy);
  } finally {
    copy.close();
  }
  syncPath(part);
  renameSync(part, target);
  syncPath(dirname(target));
};

/**
 * Reads the whole database and its indexes, and follows every foreign key.
 *
 * @throws {DatabaseError} `CORRUPT`, with what SQLite found first.
 */
export const checkIntegrity = (db: Sqlite.Database): void => {
  const verdict = db.pragma('integrity_check(1)', { simple: true });
  if (verdict !== 'ok')
    throw new DatabaseError('CORRUPT', `${db.name} is damaged: ${verdict}. Restore a backup.`);
  const [orphan] = db.prepare<[], { table: string; parent: string }>('PRAGMA foreign_key_check').all();
  if (orphan) {
    throw new DatabaseError(
      'CORRUPT',
      `${db.name}: a row of ${orphan.table} points to a row that is not in ${orphan.parent}.`,
    );
  }
};

/** What was written to a file, or the names in a folder, is on the disk when it returns. */
export const syncPath = (path: string): void => {
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
};
