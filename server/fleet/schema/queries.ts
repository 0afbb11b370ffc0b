// Queries of the declared fleet.
import { builder, guarded } from '../../graphql/builder.ts';
import { FleetPlanRef } from './fleet-plan.ts';

builder.queryFields((t) => ({
  planFleet: t.field({
    type: FleetPlanRef,
    nullable: true,
    ...guarded(
      'cluster:read',
      'What a fleet document (YAML or JSON, at most 131,072 characters; docs/fleet.schema.json) would change, and nothing is changed. Read live: nodes always, networks and services where the document speaks of any; null: it names a cluster by an id that is unknown or out of scope. A service is compared in what the document says of it alone. BAD_USER_INPUT with the line; NOT_FOUND for a host; it needs host:read, too; CLUSTER_UNREACHABLE, NO_SUITABLE_MANAGER, NOT_ALLOWED (no agent of a manager allows to read services), and the engine’s.',
    ),
    authScopes: (_, __, { holders, requester }) =>
      holders.authorise(requester.actor, 'cluster:read') && holders.authorise(requester.actor, 'host:read'),
    extensions: { cost: 1_000 },
    args: { document: t.arg.string({ required: true }) },
    resolve: (_, { document: text }, { planFleet, requester }) => {
      const document = planFleet.parse(text);
      return planFleet.knowsCluster(document, requester) ? planFleet.plan(document, requester) : null;
    },
  }),
}));
