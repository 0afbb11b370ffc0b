// Enums of clusters.
import { builder } from '../../graphql/builder.ts';
import type { clusterStates } from '../cluster.ts';
import { memberships } from '../membership-of-hosts.ts';
import { type ReminderCode, reminderCodes } from '../reminders.ts';

export const NodeRoleEnum = builder.enumType('NodeRole', { values: ['MANAGER', 'WORKER'] as const });
export const ClusterStateEnum = builder.enumType('ClusterState', {
  description: 'Open: expect new values.',
  values: {
    DISCOVERED: { description: 'Found, not made by Skep: read-only until adoptCluster.' },
    HEALTHY: { description: 'It tolerates the loss of a manager.' },
    AT_RISK: { description: 'One manager more lost loses the quorum, or has lost it a moment ago.' },
    NO_LEADER: { description: 'The managers have no leader; an election takes up to half a minute.' },
    QUORUM_LOST: {
      description: 'No leader for longer than an election takes: tasks run on, nothing can be changed.',
    },
    UNREACHABLE: { description: 'No agent of a manager answers for it.' },
    SPLIT: { description: 'Two live swarms have its id.' },
    DISSOLVED: { description: 'It is no more.' },
  } satisfies Record<(typeof clusterStates)[number], { description: string }>,
});
export const MembershipEnum = builder.enumType('Membership', {
  description:
    'NONE: in no swarm. MEMBER: its cluster lists its node. ORPHANED: it believes to be a member, its cluster does not list it. UNKNOWN: no manager of its cluster was heard. Open: expect new values.',
  values: memberships,
});

export const ReminderCodeEnum = builder.enumType('ReminderCode', {
  description: 'Open: expect new values.',
  values: Object.fromEntries(
    Object.entries(reminderCodes).map(([code, description]) => [code, { description }]),
  ) as Record<ReminderCode, { description: string }>,
});
