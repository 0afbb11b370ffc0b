// Mutations of nodes: roles, availability, labels.
import { operationMutation } from '../../operations/schema/operation-mutation.ts';
import { AvailabilityEnum } from './enums.ts';
import { LabelInput, nodesFields } from './inputs.ts';

operationMutation('promoteNodes', {
  permission: 'node:promote',
  description:
    'Makes workers managers, one after the other; done when each is reachable in the raft group and its own engine knows. A demotion less than 15 seconds ago is let settle first. Guard: JOIN_ADDRESS_GONE (engines before 25.0.6 and 26.1.4 only). NODE_NOT_READY, NO_LEADER refuse; PROMOTION_STUCK when the engine knows no way into the raft group.',
  fields: nodesFields,
});
operationMutation('demoteNodes', {
  permission: 'node:demote',
  description:
    'Makes managers workers, one after the other, the unreachable first, the leader last; done when each has left the raft group and its own engine has given its control up. The rule is applied again before each. Guards: NO_FAULT_TOLERANCE, UNREACHABLE_MANAGER. LAST_MANAGER, WOULD_LOSE_QUORUM, NO_LEADER, NO_OTHER_AGENT refuse; DEMOTION_PUT_OFF when the managers do not carry it out in time.',
  fields: nodesFields,
});
operationMutation('setNodeAvailability', {
  permission: 'node:availability',
  description:
    'Sets nodes ACTIVE, PAUSE or DRAIN; done when a manager shows it: drainNodes also waits for the tasks. Guards: LAST_ACTIVE_NODE; for DRAIN also CONCURRENT_DRAIN and HOSTS_SKEP.',
  fields: (t) => ({ ...nodesFields(t), availability: t.field({ type: AvailabilityEnum, required: true }) }),
});
operationMutation('drainNodes', {
  permission: 'node:availability',
  description:
    'Sets nodes in drain, one after the other, and waits until none of their tasks is left that has not ended. At the deadline: DRAIN_DEADLINE, the node stays in drain and the tasks left are named. Cancelled: the node in work gets its earlier availability back, the others are left. Already in drain: warning ALREADY_DRAINED. Guards: LAST_ACTIVE_NODE, CONCURRENT_DRAIN, HOSTS_SKEP.',
  fields: (t) => ({
    ...nodesFields(t),
    deadlineSeconds: t.int({
      description: 'Of the whole operation, from its `startedAt`; 1 to 86,400, default 600.',
    }),
    parallel: t.boolean({ description: 'All at once. Default false.' }),
  }),
});
operationMutation('updateNodeLabels', {
  permission: 'node:label',
  description:
    'Sets and removes labels of nodes; all others stay. Warnings: LABEL_NOT_SET, for one that is not there and is to be removed; TASKS_MOVE, for services with constraints (`node.labels.key == value`, `!=`) that a node fits no longer, with how many tasks move; WORKLOAD_UNKNOWN, where that could not be read.',
  fields: (t) => ({
    ...nodesFields(t),
    set: t.field({ type: [LabelInput], description: 'The last one of a key counts.' }),
    remove: t.stringList({ description: 'Keys.' }),
  }),
});
