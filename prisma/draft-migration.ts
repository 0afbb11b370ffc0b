// The next migration: what changed in schema.prisma, and the triggers that would be missing after it.
import Sqlite from 'better-sqlite3';
import { compareTriggers, SELECT_TRIGGERS, type TriggerRow } from '../server/platform/audit-triggers.ts';
import { type SchemaDifferenceOptions, schemaDifference } from './schema-difference.ts';

/**
 * Drafts a migration. Prisma changes a column by rebuilding its table, and drops the table's triggers without a
 * word: so the draft is tried on a database in memory, and what is missing of `AUDIT_TRIGGERS` then is added to it.
 *
 * @returns `sql` is empty when there is nothing to do; `droppedTriggers` names those that the change itself dropped.
 */
export const draftMigration = async (
  options: SchemaDifferenceOptions,
): Promise<{ sql: string; droppedTriggers: readonly string[] }> => {
  const difference = await schemaDifference(options);
  const before = triggersAfter(options.migrations.map(({ sql }) => sql));
  // SQLite refuses to rename a table while a trigger of another one speaks of the name that is not there just then.
  const rebuilt = [...difference.matchAll(/RENAME TO ("\w+")/g)].map(([, table]) => table ?? '');
  const inTheWay = before.filter(({ sql }) => rebuilt.some((table) => sql?.includes(table)));
  const change = [...inTheWay.map(({ name }) => `DROP TRIGGER "${name}";\n`), difference].join('');
  const after = triggersAfter([...options.migrations.map(({ sql }) => sql), change]);
  const { missing, foreign } = compareTriggers(after);
  const triggers = [
    ...foreign.map((name) => `DROP TRIGGER "${name}";\n`),
    ...missing.map(({ name, sql }) => `DROP TRIGGER IF EXISTS "${name}";\n${sql};\n`),
  ];
  return {
    sql: [change, triggers.length > 0 ? `-- Triggers\n${triggers.join('\n')}` : '']
      .filter(Boolean)
      .join('\n'),
    droppedTriggers: before.map(({ name }) => name).filter((name) => !after.some((is) => is.name === name)),
  };
};

const triggersAfter = (scripts: readonly string[]): TriggerRow[] => {
  const db = new Sqlite(':memory:');
  for (const script of scripts) db.exec(script);
  return db.prepare<[], TriggerRow>(SELECT_TRIGGERS).all();
};
