// The filter of audit records, as an input and as a rule.
import type { AuditRecord as Row } from '../../../prisma/generated/client.ts';
import { builder } from '../../graphql/builder.ts';
import type { AuditTarget } from '../record.ts';
import { AuditPhase } from './enums.ts';

export const AuditFilter = builder.inputType('AuditFilter', {
  description: 'All that are given must hold.',
  fields: (t) => ({
    cluster: t.id(),
    actor: t.id({ description: 'An actor’s id.' }),
    action: t.string(),
    outcome: t.string(),
    phase: t.field({ type: [AuditPhase] }),
    target: t.id({ description: 'The id of a node, host, cluster … that the record speaks of.' }),
    operation: t.id(),
    from: t.field({ type: 'DateTime', description: 'At or after.' }),
    to: t.field({ type: 'DateTime', description: 'Before.' }),
    fromSeq: t.int({ description: 'Sequence number, at or after.' }),
    toSeq: t.int({ description: 'Sequence number, before.' }),
  }),
});
type Filter = typeof AuditFilter.$inferInput;

export const auditMatches = (filter: Filter | null | undefined, row: Row): boolean =>
  !filter ||
  ((filter.cluster == null || row.clusterId === filter.cluster) &&
    (filter.actor == null || row.actorId === filter.actor) &&
    (filter.action == null || row.action === filter.action) &&
    (filter.outcome == null || row.outcome === filter.outcome) &&
    (filter.phase == null || filter.phase.some((phase) => phase === row.phase)) &&
    (filter.operation == null || row.operationId === filter.operation) &&
    (filter.target == null ||
      (JSON.parse(row.targetsJson) as AuditTarget[]).some(({ id }) => id === filter.target)) &&
    (filter.from == null || new Date(row.at) >= filter.from) &&
    (filter.to == null || new Date(row.at) < filter.to) &&
    (filter.fromSeq == null || row.seq >= filter.fromSeq) &&
    (filter.toSeq == null || row.seq < filter.toSeq));
