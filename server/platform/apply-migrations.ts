// Brings a database file to the newest schema when the server starts: all migrations that it lacks, or none.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { backUpDatabase, checkIntegrity } from './back-up-database.ts';
import { DatabaseError } from './database-error.ts';
import { failpoint } from './failpoints.ts';
import { lockFile } from './lock-file.ts';
import { type Migration, readMigrations } from './migration-folder.ts';
import { pendingMigrations, readHistory, recordMigration } from './migration-history.ts';
import { setPragmas } from './sqlite-connection.ts';

/** What {@link applyMigrations} takes. */
export type ApplyMigrationsOptions = {
  /** Path of the SQLite file; it and its folder are made, readable by the owner only, when they do not exist. */
  readonly file: string;
  /** Path of the folder with `<UTC stamp>_<name>/migration.sql`. */
  readonly folder: string;
};

/** What {@link applyMigrations} did: names of migrations, and the path of the copy made before (null: none needed). */
export type MigrationReport = { readonly applied: readonly string[]; readonly backup: string | null };

/**
 * Applies what the database lacks. Before it touches one that holds data it copies it to
 * `<file>.before-<first migration>`, kept there. All that it lacks and their rows in `_prisma_migrations` are one
 * transaction, checked for integrity and foreign keys before it commits: after a crash, or when one fails, the version of
 * before starts on the database, and the newest copy is the one that it would go back to.
 *
 * `prisma migrate deploy` is not used: it runs the statements of a migration one by one, keeps the first ones when a
 * later one fails, and needs an engine binary from the Internet.
 *
 * @throws {DatabaseError} `MIGRATION_*`, `DATABASE_IN_USE`, `DATABASE_UNUSABLE` or `CORRUPT`; the message names the backup.
 */
export const applyMigrations = async ({ file, folder }: ApplyMigrationsOptions): Promise<MigrationReport> => {
  const migrations = readMigrations(folder);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const lock = lockFile(file);
  try {
    const db = open(file);
    try {
      return applyTo(db, migrations);
    } finally {
      db.close();
    }
  } finally {
    lock.release();
  }
};

const open = (file: string) => {
  closeSync(openSync(file, 'a', 0o600));
  const db = new Sqlite(file);
  setPragmas(db);
  return db;
};

const applyTo = (db: Sqlite.Database, migrations: readonly Migration[]): MigrationReport => {
  const history = readHistory(db);
  const pending = pendingMigrations(history, migrations);
  const [first] = pending;
  if (!first) return { applied: [], backup: null };

  const backup = history.length > 0 ? `${db.name}.before-${first.name}` : null;
  if (backup) backUpDatabase(db, backup);

  // A rebuilt table is dropped and renamed, which must not cascade; cannot be set inside a transaction.
  db.pragma('foreign_keys = OFF');
  let current = first;
  try {
    db.exec('BEGIN IMMEDIATE');
    for (current of pending) {
      failpoint('migration.before');
      applyOne(db, current);
    }
    failpoint('migration.beforeCommit');
    db.exec('COMMIT');
  } catch (cause) {
    throw failed(current, cause, backup);
  } finally {
    if (db.inTransaction) db.exec('ROLLBACK');
  }
  failpoint('migration.after');
  return { applied: pending.map(({ name }) => name), backup };
};

const applyOne = (db: Sqlite.Database, migration: Migration) => {
  const startedAt = new Date();
  db.exec(migration.sql);
  if (!db.inTransaction) throw new Error('a migration must not end its transaction');
  checkIntegrity(db);
  recordMigration(db, migration, startedAt);
};

const failed = ({ name }: Migration, cause: unknown, backup: string | null) =>
  new DatabaseError(
    'MIGRATION_FAILED',
    `The migration ${name} failed and was undone: ${cause instanceof Error ? cause.message : cause}. ` +
      'The database is as it was' +
      (backup ? `; a copy from before the first one is ${backup}.` : '.'),
    { cause },
  );
