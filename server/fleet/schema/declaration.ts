// What a cluster was declared to be, and what differs from it now.
import { ActorRef, FailureRef } from '../../audit/schema/record.ts';
import { ClusterRef } from '../../clusters/schema/cluster.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { OperationRef } from '../../operations/schema/operation.ts';
import { failureInfo } from '../../platform/failure.ts';
import type { Watched } from '../declarations.ts';
import { FleetDifferenceRef } from './fleet-plan.ts';

const FleetDeclarationRef = builder.objectRef<Watched>('FleetDeclaration').implement({
  description: 'The document that `applyFleet` took the cluster to last, and how the cluster stands to it.',
  fields: (t) => ({
    document: t.exposeString('document', { description: 'As it was given.' }),
    appliedAt: t.field({ type: 'DateTime', resolve: ({ appliedAt }) => appliedAt }),
    actor: t.field({ type: ActorRef, description: 'Who applied it.', resolve: ({ actor }) => actor }),
    operation: t.field({
      type: OperationRef,
      nullable: true,
      ...guarded('operation:read', 'The `applyFleet` that carried it out.'),
      resolve: ({ operationId }, _, { operations }) => operations.find(operationId),
    }),
    drift: t.field({
      type: [FleetDifferenceRef],
      description:
        'What differs from it, as last seen. It is told, and never put right: apply the document again, or another one.',
      resolve: ({ drift }) => [...drift.differences],
    }),
    driftSince: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when anything differs without a break; null: nothing does.',
      resolve: ({ drift }) => drift.since,
    }),
    checkedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the look began that `drift` rests on; null: none since the server started.',
      resolve: ({ checkedAt }) => checkedAt,
    }),
    failure: t.field({
      type: FailureRef,
      nullable: true,
      description: 'Why the last look saw nothing; then `drift` is of the one before.',
      resolve: ({ failure }) => failure && failureInfo(failure),
    }),
  }),
});

builder.objectField(ClusterRef, 'fleet', (t) =>
  t.field({
    type: FleetDeclarationRef,
    nullable: true,
    description: 'What it was declared to be; null: no fleet document was applied, or it was forgotten.',
    resolve: ({ id }, _, { declarations }) => declarations.find(id),
  }),
);
