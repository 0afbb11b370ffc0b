// What a database says it went through (Prisma's table _prisma_migrations), held against the folder of migrations.
import { randomUUID } from 'node:crypto';
import type Sqlite from 'better-sqlite3';
import { DatabaseError } from './database-error.ts';
import type { Migration } from './migration-folder.ts';

/** A row of `_prisma_migrations` that was not rolled back. */
export type AppliedMigration = {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: string | null;
  readonly logs: string | null;
};

/** Prisma's own definition, so that its tools read a database of ours. */
const CREATE_HISTORY = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
)`;

/**
 * The migrations that a database went through, in the order of their names; none for an empty one.
 *
 * @throws {DatabaseError} `MIGRATION_DATABASE_FOREIGN` when it has tables but no history.
 */
export const readHistory = (db: Sqlite.Database): readonly AppliedMigration[] => {
  const tables = db
    .prepare<[], { name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
    .all();
  if (tables.length === 0) return [];
  if (!tables.some(({ name }) => name === '_prisma_migrations')) {
    throw new DatabaseError(
      'MIGRATION_DATABASE_FOREIGN',
      `${db.name} has tables but no history of migrations: it is not a database of Skep. Give another path.`,
    );
  }
  return db
    .prepare<[], AppliedMigration>(
      `SELECT migration_name, checksum, finished_at, logs FROM _prisma_migrations
       WHERE rolled_back_at IS NULL ORDER BY migration_name`,
    )
    .all();
};

/**
 * What is left to apply. The same refusals as `prisma migrate deploy`, and two more: a database that is newer than
 * the program, and a migration that comes before one already applied.
 *
 * @throws {DatabaseError} with a `MIGRATION_*` code that names the migration at fault.
 */
export const pendingMigrations = (
  applied: readonly AppliedMigration[],
  folder: readonly Migration[],
): readonly Migration[] => {
  const newestHere = folder.at(-1)?.name ?? '';
  const newestApplied = applied.at(-1)?.migration_name ?? '';
  for (const { migration_name: name, checksum, finished_at, logs } of applied) {
    if (finished_at === null) throw failedBefore(name, logs);
    const here = folder.find((migration) => migration.name === name);
    if (!here) throw name > newestHere ? newer(name) : missing(name);
    if (here.checksum !== checksum) throw edited(name);
  }
  const pending = folder.filter(({ name }) => !applied.some(({ migration_name }) => migration_name === name));
  const late = pending.find(({ name }) => name < newestApplied);
  if (late) throw outOfOrder(late.name, newestApplied);
  return pending;
};

/** Writes a migration's row as Prisma does: to be called in the transaction that ran it. */
export const recordMigration = (
  db: Sqlite.Database,
  { name, checksum }: Migration,
  startedAt: Date,
): void => {
  db.exec(CREATE_HISTORY);
  db.prepare(
    `INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, applied_steps_count)
     VALUES (?, ?, ?, ?, NULL, NULL, ?, 1)`,
  ).run(randomUUID(), checksum, prismaTime(new Date()), name, prismaTime(startedAt));
};

const prismaTime = (time: Date) => time.toISOString().replace('Z', '+00:00');

const failedBefore = (name: string, logs: string | null) =>
  new DatabaseError(
    'MIGRATION_FAILED_BEFORE',
    `The migration ${name} failed in this database under another tool and may be half applied: ${logs ?? 'no message'}. ` +
      'Restore the backup from before it.',
  );

const newer = (name: string) =>
  new DatabaseError(
    'MIGRATION_DATABASE_NEWER',
    `The database went through ${name}, which this version does not know yet. ` +
      'Start the newer version again, or restore the backup that it made before it migrated.',
  );

const missing = (name: string) =>
  new DatabaseError(
    'MIGRATION_MISSING',
    `The database went through ${name}, which is missing from this version's migrations. Reinstall this version.`,
  );

const edited = (name: string) =>
  new DatabaseError(
    'MIGRATION_EDITED',
    `The migration ${name} was changed after it was applied to this database. Put its text back; changes go into a new one.`,
  );

const outOfOrder = (name: string, newest: string) =>
  new DatabaseError(
    'MIGRATION_OUT_OF_ORDER',
    `The migration ${name} was not applied, but ${newest}, which comes after it, was. Give it a later time stamp.`,
  );
