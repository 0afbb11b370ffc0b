// Reads records in the order of the history, by the index that finds them.
import type { AuditRecord } from '../../prisma/generated/client.ts';
import type { ColumnValue, PreparedRead } from '../platform/prepared-sql.ts';
import { type Condition, conditionsOf, type RecordFilter } from './filter.ts';

export type WantedRecords = {
  filter: RecordFilter | null | undefined;
  /** Ids of the clusters that may be seen; null: all, and what belongs to none. */
  scope: readonly string[] | null;
  /** Sequence numbers, exclusive; null: no bound. */
  above: number | null;
  below: number | null;
  order: 'asc' | 'desc';
  take: number;
};

/**
 * What is in `from`, and which column of it has the sequence number. A thing's own index comes first, for a node has
 * few of all records; not beside an actor, an action or an operation, which may have fewer still.
 */
const sourceOf = (
  filter: RecordFilter | null | undefined,
): { from: string; group?: string; seq: string; also: Condition[] } => {
  const target = filter?.target;
  const records = { from: '"AuditRecord" record', seq: 'record."seq"' };
  if (target == null) return { ...records, also: [] };
  if (filter?.actor != null || filter?.action != null || filter?.operation != null)
    return {
      ...records,
      also: [
        [
          'EXISTS (SELECT 1 FROM "AuditTarget" target WHERE target."targetId" = ? AND target."seq" = record."seq")',
          target,
        ],
      ],
    };
  return {
    // CROSS: SQLite takes them in this order (https://www.sqlite.org/lang_select.html).
    from: '"AuditTarget" target CROSS JOIN "AuditRecord" record ON record."seq" = target."seq"',
    seq: 'target."seq"',
    // A record can name one id twice, as two kinds of thing.
    group: 'GROUP BY target."seq"',
    also: [['target."targetId" = ?', target]],
  };
};

/** The one statement that reads them. */
export const queryOf = ({
  filter,
  scope,
  above,
  below,
  order,
  take,
}: WantedRecords): { text: string; values: ColumnValue[] } => {
  const { from, group = '', seq, also } = sourceOf(filter);
  const conditions = [...also, ...conditionsOf(filter, scope)];
  if (above !== null) conditions.push([`${seq} > ?`, above]);
  if (below !== null) conditions.push([`${seq} < ?`, below]);
  const where = conditions.map(([text]) => text).join(' AND ') || 'TRUE';
  return {
    text: `SELECT record.* FROM ${from} WHERE ${where} ${group} ORDER BY ${seq} ${order} LIMIT ?`,
    values: [...conditions.flatMap(([, ...values]) => values), take],
  };
};

export const readRecords = (sql: PreparedRead, wanted: WantedRecords): AuditRecord[] => {
  const { text, values } = queryOf(wanted);
  const rows = sql.all<Omit<AuditRecord, 'at'> & { at: string }>(text, values);
  return rows.map((row) => ({ ...row, at: new Date(row.at) }));
};
