// Mutations of membership: join, leave, remove, unlock, recover, dissolve.
import { NodeRoleEnum } from '../../clusters/schema/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { AvailabilityEnum } from '../../nodes/schema/enums.ts';
import { LabelInput, nodesFields } from '../../nodes/schema/inputs.ts';
import { operationMutation } from '../../operations/schema/operation-mutation.ts';

const JoinHostInput = builder.inputType('JoinHostInput', {
  fields: (t) => ({
    host: t.id({ required: true }),
    advertiseAddr: t.string({
      description: 'IP or interface, with or without a port. Null: as the engine finds it.',
    }),
    listenAddr: t.string({ description: 'Default 0.0.0.0:2377.' }),
    dataPathAddr: t.string(),
    labels: t.field({ type: [LabelInput], description: 'Set before a first task can land on it.' }),
  }),
});

operationMutation('joinHosts', {
  permission: 'host:join',
  description:
    'docker swarm join on each host, by a token that nobody sees: workers in parallel, managers one by one. A member already: warning ALREADY_MEMBER. The agents probe 2377 and 7946 between each host and the managers, as preflight does: guard PORT_BLOCKED where one is closed or filtered; what else was found is a warning, an agent that does not probe too (NOT_PROBED). Guard: ADDRESS_NOT_LOCAL. IN_OTHER_SWARM, JOIN_PENDING, HOST_OFFLINE refuse.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    hosts: t.field({ type: [JoinHostInput], required: true }),
    role: t.field({ type: NodeRoleEnum, description: 'Default WORKER.' }),
    availability: t.field({ type: AvailabilityEnum, description: 'Default ACTIVE.' }),
  }),
});
operationMutation('dissolveCluster', {
  permission: 'cluster:force',
  description:
    'Every host with a connected agent leaves: workers first, then the managers by force, down to the last. Done when each is in no swarm; the cluster is then DISSOLVED. What has no agent is named in the warnings, and is a guard while it is not Down: MEMBERS_LEFT_BEHIND. NOT_CONFIRMED refuses. It needs no quorum.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    confirm: t.string({ required: true, description: 'The cluster’s name, typed.' }),
  }),
});
operationMutation('recoverCluster', {
  permission: 'cluster:force',
  description:
    'docker swarm init --force-new-cluster on one manager of a cluster without quorum: it alone goes on, with the cluster’s id, tokens and labels. HAS_QUORUM and NO_LEADER (an election may be running) refuse, NOT_CONFIRMED, NOT_MANAGER and HOST_OFFLINE too. Guard: MAJORITY_RECOVERABLE. The managers of before are then listed as managers and are none: the quorum’s advice names the next step for each.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    host: t.id({ required: true, description: 'A manager’s: the one whose state goes on.' }),
    confirm: t.string({ required: true, description: 'The cluster’s name, typed.' }),
    advertiseAddr: t.string({ description: 'Default: the one that it had.' }),
    listenAddr: t.string({ description: 'Default 0.0.0.0:2377.' }),
    dataPathAddr: t.string({ description: 'Default: the advertised one.' }),
  }),
});
operationMutation('leaveSwarm', {
  permission: 'host:leave',
  description:
    'docker swarm leave on each host; a manager is demoted first. Done when the host is in no swarm and its node is Down (about 15 seconds). Guards as for demoteNodes and setNodeAvailability. With `force`, which needs the permission cluster:force as well: as it is, for a host that its cluster does not list, that was a manager before recoverCluster, or whose cluster has no quorum, is split or dissolved. FORCE_NEEDLESS, and LAST_MANAGER for the last that knows the cluster’s state.',
  fields: (t) => ({
    hosts: t.idList({ required: true, description: 'All of one cluster.' }),
    force: t.boolean({ description: 'Without the consent of the cluster. Default false.' }),
  }),
});
operationMutation('unlockHosts', {
  permission: 'cluster:update',
  description:
    'docker swarm unlock on each host that waits for its unlock key. Without `unlockKey` it is read from an unlocked manager when it is sent, which stands on record; UNLOCK_KEY_NEEDED when there is none. UNLOCK_KEY_INVALID: it was locked with another one. Not locked: warning NOT_LOCKED. Done when the host is the node that it was. HOST_OFFLINE, NOT_IN_SWARM refuse.',
  fields: (t) => ({
    hosts: t.idList({ required: true, description: 'All of one cluster.' }),
    unlockKey: t.string({
      description: 'A secret: it is sent on and kept nowhere. For when no manager is unlocked.',
    }),
  }),
});
operationMutation('removeNodes', {
  permission: 'node:remove',
  description:
    'docker node rm. Names: full id or exact hostname, no prefix. Waits for Down after a leave. NODE_IS_MANAGER refuses; NODE_NOT_DOWN too, unless `force`: then its host leaves first, where it has an agent.',
  fields: (t) => ({
    ...nodesFields(t),
    force: t.boolean({ description: 'Also a Ready node. Default false.' }),
  }),
});
operationMutation('decommissionNodes', {
  permission: 'node:remove',
  description:
    'Takes nodes out for good, one by one, the leader last, by the steps that fit. Ready with an agent: drain, demote, leave, wait for Down, remove. Ready without: drain, demote, forced removal, which needs `force` (NODE_NOT_DOWN). Down: demote, remove. What does not fit is a step SKIPPED with its reason. Cancelled before the demotion: the availability is given back; later: what is done stays. Needs node:availability, node:demote and host:leave, too. Names: full id or exact hostname, no prefix. DRAIN_DEADLINE. Guards as for demoteNodes and drainNodes; LAST_MANAGER, WOULD_LOSE_QUORUM refuse.',
  fields: (t) => ({
    ...nodesFields(t),
    force: t.boolean({ description: 'Also a node that is not Down and has no agent. Default false.' }),
    deadlineSeconds: t.int({
      description: 'Of each node’s drain, from its beginning; 1 to 86,400, default 600.',
    }),
  }),
});
