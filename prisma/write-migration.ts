// Writes the next migration into its folder.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMigrations } from '../server/platform/migration-folder.ts';
import { draftMigration } from './draft-migration.ts';

/** Where a schema and its migrations are. */
export type MigrationProject = {
  /** Path of schema.prisma. */
  readonly schema: string;
  /** Path of the folder of migrations; it need not exist yet. */
  readonly folder: string;
};

/** What is not in the migrations yet: see {@link draftMigration}. */
export const draftNext = ({ schema, folder }: MigrationProject) =>
  draftMigration({ schema, migrations: existsSync(folder) ? readMigrations(folder) : [] });

/**
 * Writes `<UTC stamp>_<name>/migration.sql`.
 *
 * @param name - letters, digits and underscores.
 * @returns its path, null when there is nothing to do, and the triggers that the change drops and makes again.
 */
export const writeMigration = async (
  project: MigrationProject,
  name: string,
  now: Date,
): Promise<{ path: string | null; droppedTriggers: readonly string[] }> => {
  const { sql, droppedTriggers } = await draftNext(project);
  if (sql === '') return { path: null, droppedTriggers };
  const stamp = now.toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(project.folder, `${stamp}_${name}`);
  mkdirSync(folder, { recursive: true });
  // Prisma's tools want it beside the migrations.
  writeFileSync(join(project.folder, 'migration_lock.toml'), 'provider = "sqlite"\n');
  const path = join(folder, 'migration.sql');
  writeFileSync(path, sql);
  return { path, droppedTriggers };
};
