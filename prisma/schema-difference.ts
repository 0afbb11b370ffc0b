// What a folder of migrations lacks of a schema.prisma, as SQL.
import { readFileSync } from 'node:fs';
import type { Migration } from '../server/platform/migration-folder.ts';
import { migrationList, NO_FILTERS, openSchemaEngine } from './schema-engine.ts';

/** What {@link schemaDifference} takes. */
export type SchemaDifferenceOptions = {
  /** Path of schema.prisma. */
  readonly schema: string;
  readonly migrations: readonly Migration[];
};

/**
 * The SQL that leads from where the migrations end to schema.prisma; empty when they agree. It knows tables and
 * indexes only: triggers are not part of a Prisma schema.
 */
export const schemaDifference = async ({ schema, migrations }: SchemaDifferenceOptions): Promise<string> => {
  const content = readFileSync(schema, 'utf8');
  const { engine, close } = await openSchemaEngine(content);
  try {
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'migrations', ...migrationList(migrations) },
      to: { tag: 'schemaDatamodel', files: [{ path: schema, content }] },
      script: true,
      exitCode: true,
      filters: NO_FILTERS,
    });
    return exitCode === 0 ? '' : (stdout ?? '');
  } finally {
    await close();
  }
};
