// Which records are asked for, as conditions of SQL.
import type { ColumnValue } from '../platform/prepared-sql.ts';

/** All that are given must hold. */
export type RecordFilter = {
  cluster?: string | null;
  actor?: string | null;
  action?: string | null;
  outcome?: string | null;
  phase?: readonly string[] | null;
  /** The id of a thing that the record speaks of. */
  target?: string | null;
  operation?: string | null;
  /** At or after. */
  from?: Date | null;
  /** Before. */
  to?: Date | null;
  /** Number, at or after. */
  fromSeq?: number | null;
  /** Number, before. */
  toSeq?: number | null;
};

/** Holds of `record`, a row of AuditRecord; each `?` is one of the values. */
export type Condition = readonly [text: string, ...values: ColumnValue[]];

const oneOf = (column: string, values: readonly string[]): Condition => [
  // One parameter, so that the statement is the same however many there are.
  `record."${column}" IN (SELECT value FROM json_each(?))`,
  JSON.stringify(values),
];

/** All but the target. @param scope ids of the clusters that may be seen; null: all, and what belongs to none. */
export const conditionsOf = (
  filter: RecordFilter | null | undefined,
  scope: readonly string[] | null,
): Condition[] => {
  const conditions: Condition[] = [];
  const equal = (column: string, value: string | null | undefined): void => {
    if (value != null) conditions.push([`record."${column}" = ?`, value]);
  };
  if (scope !== null) conditions.push(oneOf('clusterId', scope));
  equal('clusterId', filter?.cluster);
  equal('actorId', filter?.actor);
  equal('action', filter?.action);
  equal('outcome', filter?.outcome);
  equal('operationId', filter?.operation);
  if (filter?.phase != null) conditions.push(oneOf('phase', filter.phase));
  if (filter?.from != null) conditions.push(['record."at" >= ?', filter.from]);
  if (filter?.to != null) conditions.push(['record."at" < ?', filter.to]);
  if (filter?.fromSeq != null) conditions.push(['record."seq" >= ?', filter.fromSeq]);
  if (filter?.toSeq != null) conditions.push(['record."seq" < ?', filter.toSeq]);
  return conditions;
};
