// The triggers that keep the audit history append-only: the single source of their text, and the check at start.
import { DatabaseError } from './database-error.ts';

/** A trigger as SQLite keeps it in `sqlite_schema`: `sql` has no closing semicolon. */
export type Trigger = { readonly name: string; readonly table: string; readonly sql: string };

/** A row of {@link SELECT_TRIGGERS}. */
export type TriggerRow = { readonly name: string; readonly tbl_name: string; readonly sql: string | null };

const refuse = (name: string, table: string, when: string, message: string): Trigger => ({
  name,
  table,
  sql: `CREATE TRIGGER "${name}" BEFORE ${when}\nBEGIN\n  SELECT RAISE(ABORT, '${message}');\nEND`,
});

/**
 * What the migrations must end with (a test compares), and what {@link checkTriggers} finds or refuses to start.
 * After a change here run `npm run migrate -- create NAME`: it writes the new text into a migration.
 *
 * - A record's `seq` is the highest so far plus one; this also stops `INSERT OR REPLACE`, which deletes without
 *   firing delete triggers (https://www.sqlite.org/lang_conflict.html).
 * - Its `previousHash` is the `hash` of the record before; of the very first record it is free.
 * - Nothing is ever updated. Only what a seal covers can be deleted: it stands in a file.
 * - A seal goes on where the last one ended, says of its ends what the records say, and leaves the newest record.
 */
export const AUDIT_TRIGGERS: readonly Trigger[] = [
  refuse(
    'AuditRecord_in_order',
    'AuditRecord',
    'INSERT ON "AuditRecord"\nWHEN NEW."seq" IS NOT (SELECT coalesce(max("seq"), 0) + 1 FROM "AuditRecord")',
    'AuditRecord: seq must follow the last record',
  ),
  refuse(
    'AuditRecord_chained',
    'AuditRecord',
    'INSERT ON "AuditRecord"\nWHEN EXISTS (SELECT 1 FROM "AuditRecord")' +
      ' AND NEW."previousHash" IS NOT (SELECT "hash" FROM "AuditRecord" ORDER BY "seq" DESC LIMIT 1)',
    'AuditRecord: previousHash must be the hash of the last record',
  ),
  refuse('AuditRecord_no_update', 'AuditRecord', 'UPDATE ON "AuditRecord"', 'AuditRecord is append-only'),
  refuse(
    'AuditRecord_no_delete',
    'AuditRecord',
    'DELETE ON "AuditRecord"\nWHEN OLD."seq" > (SELECT coalesce(max("toSeq"), 0) FROM "AuditSeal")',
    'AuditRecord is append-only above the last seal',
  ),
  refuse(
    'AuditTarget_no_replace',
    'AuditTarget',
    'INSERT ON "AuditTarget"\nWHEN EXISTS (SELECT 1 FROM "AuditTarget" WHERE "rowid" = NEW."rowid"' +
      ' OR ("seq" = NEW."seq" AND "kind" = NEW."kind" AND "targetId" = NEW."targetId"))',
    'AuditTarget is append-only',
  ),
  refuse('AuditTarget_no_update', 'AuditTarget', 'UPDATE ON "AuditTarget"', 'AuditTarget is append-only'),
  refuse(
    'AuditTarget_no_delete',
    'AuditTarget',
    'DELETE ON "AuditTarget"\nWHEN OLD."seq" > (SELECT coalesce(max("toSeq"), 0) FROM "AuditSeal")',
    'AuditTarget is append-only above the last seal',
  ),
  refuse(
    'AuditSeal_in_order',
    'AuditSeal',
    'INSERT ON "AuditSeal"\nWHEN NEW."fromSeq" IS NOT (SELECT coalesce(max("toSeq"), 0) + 1 FROM "AuditSeal")' +
      ' OR NEW."count" IS NOT NEW."toSeq" - NEW."fromSeq" + 1 OR NEW."count" < 1',
    'AuditSeal: it must go on where the last seal ended',
  ),
  refuse(
    'AuditSeal_of_history',
    'AuditSeal',
    'INSERT ON "AuditSeal"\nWHEN NEW."toSeq" >= (SELECT coalesce(max("seq"), 0) FROM "AuditRecord")' +
      ' OR NEW."lastHash" IS NOT (SELECT "hash" FROM "AuditRecord" WHERE "seq" = NEW."toSeq")' +
      ' OR NEW."firstPreviousHash" IS NOT (SELECT "previousHash" FROM "AuditRecord" WHERE "seq" = NEW."fromSeq")',
    'AuditSeal: it must be of the history, and leave the last record',
  ),
  refuse('AuditSeal_no_update', 'AuditSeal', 'UPDATE ON "AuditSeal"', 'AuditSeal is append-only'),
  refuse('AuditSeal_no_delete', 'AuditSeal', 'DELETE ON "AuditSeal"', 'AuditSeal is append-only'),
];

/**
 * Compares a database's triggers on the audit tables with {@link AUDIT_TRIGGERS}.
 *
 * @param found - all rows of `sqlite_schema` with `type = 'trigger'`.
 * @returns the listed ones that are missing or differ, and the names of those that nobody listed.
 */
export const compareTriggers = (found: readonly TriggerRow[]) => ({
  missing: AUDIT_TRIGGERS.filter(
    (wanted) => !found.some((is) => is.name === wanted.name && is.sql === wanted.sql),
  ),
  foreign: found
    .filter((is) => AUDIT_TRIGGERS.some(({ table }) => table === is.tbl_name))
    .map(({ name }) => name)
    .filter((name) => !AUDIT_TRIGGERS.some((wanted) => wanted.name === name)),
});

/** The query whose rows {@link compareTriggers} takes. */
export const SELECT_TRIGGERS = `SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'trigger'`;

/** What {@link checkTriggers} needs of a database: a Prisma client, as in `Database.read`. */
type TriggerSource = {
  readonly read: { $queryRawUnsafe<T>(query: string): Promise<T> };
};

/**
 * Refuses a database whose audit history could be changed. `createDatabase` runs it: no server starts without.
 *
 * @throws {DatabaseError} `TRIGGER_MISSING` when one is missing or differs, or when there is one that nobody listed.
 */
export const checkTriggers = async (db: TriggerSource): Promise<void> => {
  const found = await db.read.$queryRawUnsafe<TriggerRow[]>(SELECT_TRIGGERS);
  const { missing, foreign } = compareTriggers(found);
  if (missing.length === 0 && foreign.length === 0) return;
  const faults = [
    ...missing.map(({ name }) => `${name} is missing or differs`),
    ...foreign.map((name) => `${name} is unknown`),
  ];
  throw new DatabaseError(
    'TRIGGER_MISSING',
    `The audit history is not protected: ${faults.join(', ')}. On a new file run applyMigrations first. On an older one ` +
      'somebody changed the schema by hand: keep a copy for the inquiry and restore a backup.',
  );
};
