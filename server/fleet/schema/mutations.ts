// Mutations of declared fleets, and the operations that an apply is made of.
import { builder, guarded } from '../../graphql/builder.ts';
import { OperationRef } from '../../operations/schema/operation.ts';
import { operationMutation } from '../../operations/schema/operation-mutation.ts';
import { childrenOf } from '../apply.ts';

operationMutation('applyFleet', {
  permission: 'fleet:apply',
  description:
    'Takes a cluster to what a fleet document says, by the steps of `planFleet`, in order, each a mutation and an operation of its own with its own guards, whose permission the caller must hold, too (FORBIDDEN). After one that failed no further step is begun (NOT_BEGUN); applied again it goes on there. It succeeds when a read shows no difference (NOT_OBSERVED), and then the document is the cluster’s declaration, from which drift is told. Two of one cluster never run side by side. BAD_USER_INPUT: the document; FLEET_UNCHANGEABLE.',
  fields: (t) => ({
    document: t.string({
      required: true,
      description: 'YAML or JSON; docs/fleet.md. No secrets: it is kept and shown.',
    }),
  }),
});
operationMutation('forgetFleet', {
  permission: 'fleet:apply',
  description:
    'Ends the watch of what a cluster was declared to be; the cluster stays as it is. NOT_FOUND when nothing was declared.',
  fields: (t) => ({ cluster: t.id({ required: true }) }),
});

builder.objectField(OperationRef, 'children', (t) =>
  t.field({
    type: [OperationRef],
    ...guarded(
      'operation:read',
      'Of `applyFleet`: the operations that it is made of, in their order. Empty of every other one, and in an event’s operation: ask for it by id.',
    ),
    resolve: async (operation, _, { operations }) => {
      const found = await Promise.all(childrenOf(operation).map((id) => operations.find(id)));
      return found.filter((child) => child !== null);
    },
  }),
);
