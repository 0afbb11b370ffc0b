// Enums of hosts.
import { builder } from '../../graphql/builder.ts';
import { hostStatuses, localStates, quarantineReasons } from '../host.ts';
import type { featureStates } from '../kernel.ts';

export const HostStatusEnum = builder.enumType('HostStatus', {
  description:
    'ENROLLED: its agent never attached. QUARANTINED: somebody else may have its key, and its agent is not listened to. Open: expect new values.',
  values: hostStatuses,
});
export const LocalStateEnum = builder.enumType('SwarmLocalState', {
  description:
    'What the engine says of itself: INACTIVE, PENDING (an earlier join goes on), ACTIVE, ERROR, LOCKED. Open: expect new values.',
  values: localStates,
});

export const QuarantineReasonEnum = builder.enumType('QuarantineReason', {
  description:
    'ENGINE_CHANGED: the key came from another engine. KEY_USED_TWICE: two agents with it answered at once. Open: expect new values.',
  values: quarantineReasons,
});

export const FeatureStateEnum = builder.enumType('FeatureState', {
  description: 'Whether a kernel has something. Open: expect new values.',
  values: {
    AVAILABLE: { description: 'It is there, or is loaded when it is needed.' },
    MISSING: { description: 'This kernel does not have it.' },
    UNKNOWN: {
      description:
        'The agent is of an earlier version, cannot tell from where it runs, or the engine runs on another kernel.',
    },
  } satisfies Record<(typeof featureStates)[number], { description: string }>,
});
