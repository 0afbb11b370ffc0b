// Reads a folder of migrations as Prisma lays it out: <UTC stamp>_<name>/migration.sql.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseError } from './database-error.ts';

/** One migration. `checksum` is the SHA-256 of its bytes in hex, as Prisma keeps it. */
export type Migration = { readonly name: string; readonly sql: string; readonly checksum: string };

/**
 * All migrations of a folder, in the order of their names, which is the order to apply them in.
 *
 * @throws {DatabaseError} `MIGRATION_FOLDER_INVALID` when the folder, or the migration.sql of one in it, is missing.
 */
export const readMigrations = (folder: string): readonly Migration[] => {
  if (!existsSync(folder)) throw invalid(`There is no folder of migrations at ${folder}.`);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((name) => readMigration(folder, name));
};

const readMigration = (folder: string, name: string): Migration => {
  const path = join(folder, name, 'migration.sql');
  if (!existsSync(path)) throw invalid(`The migration ${name} has no ${path}.`);
  const bytes = readFileSync(path);
  return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') };
};

const invalid = (message: string) =>
  new DatabaseError('MIGRATION_FOLDER_INVALID', `${message} Reinstall this version, or give the right path.`);
