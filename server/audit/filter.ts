// Which records are asked for.
import type { Prisma } from '../../prisma/generated/client.ts';

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
};

/** @param scope ids of the clusters that may be seen; null: all, and what belongs to none. */
export const conditionsOf = (
  filter: RecordFilter | null | undefined,
  scope: readonly string[] | null,
): Prisma.AuditRecordWhereInput[] => [
  scope === null ? {} : { clusterId: { in: [...scope] } },
  filter?.cluster == null ? {} : { clusterId: filter.cluster },
  filter?.actor == null ? {} : { actorId: filter.actor },
  filter?.action == null ? {} : { action: filter.action },
  filter?.outcome == null ? {} : { outcome: filter.outcome },
  filter?.phase == null ? {} : { phase: { in: [...filter.phase] } },
  filter?.operation == null ? {} : { operationId: filter.operation },
  filter?.target == null ? {} : { targets: { some: { targetId: filter.target } } },
  filter?.from == null ? {} : { at: { gte: filter.from } },
  filter?.to == null ? {} : { at: { lt: filter.to } },
];
