// Enums of nodes.
import { builder } from '../../graphql/builder.ts';

export const AvailabilityEnum = builder.enumType('Availability', {
  description:
    'ACTIVE: takes tasks. PAUSE: takes no new ones. DRAIN: takes none, and those that it has move. Plain containers stay.',
  values: ['ACTIVE', 'PAUSE', 'DRAIN'] as const,
});
export const NodeStateEnum = builder.enumType('NodeState', {
  description: 'Open: expect new values.',
  values: ['UNKNOWN', 'DOWN', 'READY', 'DISCONNECTED'] as const,
});
export const ReachabilityEnum = builder.enumType('Reachability', {
  values: ['UNKNOWN', 'UNREACHABLE', 'REACHABLE'] as const,
});
