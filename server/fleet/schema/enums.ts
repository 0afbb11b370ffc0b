// Enums of the declared fleet.
import { builder } from '../../graphql/builder.ts';
import type { FleetKind } from '../fleet-plan.ts';

export const FleetKindEnum = builder.enumType('FleetKind', {
  description: 'What a fleet document speaks of. Open: expect new values.',
  values: {
    CLUSTER: { description: 'The cluster itself, which is not there yet.' },
    HOST: { description: 'A host that is no node of the cluster.' },
    NODE: { description: 'A node of the cluster.' },
    NETWORK: {},
    SERVICE: {},
  } satisfies Record<FleetKind, { description?: string }>,
});
