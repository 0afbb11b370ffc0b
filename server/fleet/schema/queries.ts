// Queries of the declared fleet.
import { builder, guarded } from '../../graphql/builder.ts';
import { Failure } from '../../platform/failure.ts';
import { FleetPlanRef } from './fleet-plan.ts';

builder.queryFields((t) => ({
  planFleet: t.field({
    type: FleetPlanRef,
    ...guarded(
      'cluster:read',
      'What a fleet document (YAML or JSON, at most 262,144 characters; docs/fleet.schema.json) would change, and nothing is changed. Read live: nodes always, networks and services where the document speaks of any. A service is compared in what the document says of it alone. BAD_USER_INPUT with the line; NOT_FOUND for a host; FORBIDDEN without host:read, too; CLUSTER_UNREACHABLE, NO_SUITABLE_MANAGER, NOT_ALLOWED (no agent of a manager allows to read services), and the engine’s.',
    ),
    extensions: { cost: 1_000 },
    args: { document: t.arg.string({ required: true }) },
    resolve: (_, { document }, { planFleet, apiKeys, requester }) => {
      if (!apiKeys.authorise(requester.actor, 'host:read'))
        throw new Failure(
          'FORBIDDEN',
          'planFleet needs host:read beside cluster:read',
          'ask with another key',
        );
      return planFleet.plan(planFleet.parse(document), requester);
    },
  }),
}));
