// The live feed of drift.
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { changeStream, type Streamed, told } from '../../graphql/stream.ts';
import { type ChangeEvent, ChangeEventRef, changeEvent } from '../../operations/schema/events.ts';
import type { DeclarationScalars } from '../declarations.ts';
import { notIn } from '../drift.ts';
import type { Difference } from '../fleet-plan.ts';
import { FleetDifferenceRef } from './fleet-plan.ts';

type Told = ChangeEvent & {
  clusterId: string | null;
  of: DeclarationScalars;
  before: readonly Difference[];
};

const DriftEvent = builder.objectRef<Told>('DriftEvent').implement({
  interfaces: [ChangeEventRef],
  description:
    'ADDED: a fleet document was applied for the first time. UPDATED: what differs from it changed, or a document was applied anew. REMOVED: it was forgotten, or the cluster is gone.',
  fields: (t) => ({
    clusterId: t.id({ nullable: true, resolve: ({ clusterId }) => clusterId }),
    drift: t.field({
      type: [FleetDifferenceRef],
      description: 'All that differed then.',
      resolve: ({ of }) => [...of.drift.differences],
    }),
    appeared: t.field({
      type: [FleetDifferenceRef],
      description: 'Those of `drift` that are new, or have another value.',
      resolve: ({ of, before }) => notIn(of.drift.differences, before),
    }),
    gone: t.field({
      type: [FleetDifferenceRef],
      description: 'Those of before that are no longer so.',
      resolve: ({ of, before }) => notIn(before, of.drift.differences),
    }),
  }),
});

builder.subscriptionField('driftChanged', (t) =>
  t.field({
    type: DriftEvent,
    ...guarded('cluster:read', 'Each change of what differs between clusters and their fleet documents.'),
    args: { cluster: t.arg.id({ description: 'Default: all.' }), after: t.arg.string() },
    subscribe: (_, { cluster, after }, context: Context) =>
      changeStream(context, {
        topic: 'FLEET',
        permission: 'cluster:read',
        after,
        matches: ({ clusterId }: DeclarationScalars) => cluster == null || clusterId === cluster,
      }),
    resolve: (item: Streamed, _, context) => {
      const before = told(item).before as DeclarationScalars | null;
      return {
        ...changeEvent<DeclarationScalars>(item, context),
        before: before?.drift.differences ?? [],
      };
    },
  }),
);
