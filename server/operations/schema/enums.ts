// Enums of operations and events.
import { builder } from '../../graphql/builder.ts';
import { finalStates, type guardNames, openStates, targetStates } from '../operation.ts';

export const OperationStateEnum = builder.enumType('OperationState', {
  description:
    'Open: QUEUED, RUNNING, CANCELLING, UNKNOWN (an effect is not known yet and is being observed). Final: SUCCEEDED, FAILED, REFUSED, CANCELLED, UNRESOLVED (it may have happened; observation could not tell). Open: expect new values.',
  values: [...openStates, ...finalStates] as const,
});
export const TargetStateEnum = builder.enumType('TargetState', {
  description: 'Open: expect new values.',
  values: targetStates,
});
export const GuardEnum = builder.enumType('Guard', {
  description: 'What refuses unless it is overridden with a reason. Open: expect new values.',
  values: {
    NO_FAULT_TOLERANCE: {
      description: 'The cluster tolerates the loss of a manager now and would not afterwards.',
    },
    LAST_ACTIVE_NODE: { description: 'No Ready node would be ACTIVE.' },
    CONCURRENT_DRAIN: { description: 'Another operation drains nodes of this cluster.' },
    HOSTS_SKEP: { description: 'This server itself runs on the host of the node.' },
    UNREACHABLE_MANAGER: { description: 'A manager is unreachable, and fewer reachable ones would be left.' },
    JOIN_ADDRESS_GONE: {
      description:
        'The host joined its swarm through a manager that is none any more, and its engine (before 25.0.6, or 26.0 to 26.1.3) enters the raft group by no other way: promoted, it would be Down.',
    },
    ADDRESS_NOT_LOCAL: {
      description: 'The host’s agent does not have this address (it may be right behind NAT).',
    },
    PORT_BLOCKED: {
      description:
        'A port that a swarm needs (2377 or 7946) is closed or filtered between a host that is to join and a manager.',
    },
    MEMBERS_LEFT_BEHIND: {
      description: 'Members of the cluster have no connected agent and would not be told.',
    },
    MAJORITY_RECOVERABLE: {
      description:
        'A majority of the managers could be brought back by starting or unlocking engines whose agents are connected.',
    },
    KERNEL_LACKS_ESP: {
      description:
        'Kernels of hosts in the cluster have no ESP: packets of an encrypted network would be dropped there without a word.',
    },
  } satisfies Record<(typeof guardNames)[number], { description: string }>,
});

export const EventKindEnum = builder.enumType('EventKind', {
  values: ['ADDED', 'UPDATED', 'REMOVED'] as const,
});
