// Enums of membership.
import { builder } from '../../graphql/builder.ts';
import type { cleanupKinds } from '../cleanup.ts';

export const CleanupKindEnum = builder.enumType('CleanupKind', {
  description: 'Open: expect new values.',
  values: {
    NODE_SUPERSEDED: { description: 'A Down node whose host has joined again as another.' },
    NODE_LEFT: { description: 'A Down node whose host has left the swarm.' },
    NODE_DOWN: { description: 'A node that has been Down for as long as was asked.' },
    HOST_ORPHANED: { description: 'A host that takes itself for a member and is listed as none.' },
  } satisfies Record<(typeof cleanupKinds)[number], { description: string }>,
});
