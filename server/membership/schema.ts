// Joining, leaving and removing in GraphQL.

import { ClusterRef, NodeRoleEnum } from '../clusters/schema.ts';
import { builder, guarded } from '../graphql/builder.ts';
import { inScope } from '../hosts/actions.ts';
import { HostRef } from '../hosts/schema.ts';
import { nodeView } from '../nodes/node.ts';
import { AvailabilityEnum, LabelInput, NodeRef, nodesFields } from '../nodes/schema.ts';
import { operationMutation } from '../operations/schema.ts';
import { Failure } from '../platform/failure.ts';
import { type CleanupAdvice, type cleanupKinds, cleanupOf } from './cleanup.ts';

const CleanupKindEnum = builder.enumType('CleanupKind', {
  description: 'Open: expect new values.',
  values: {
    NODE_SUPERSEDED: { description: 'A Down node whose host has joined again as another.' },
    NODE_LEFT: { description: 'A Down node whose host has left the swarm.' },
    NODE_DOWN: { description: 'A node that has been Down for as long as was asked.' },
    HOST_ORPHANED: { description: 'A host that takes itself for a member and is listed as none.' },
  } satisfies Record<(typeof cleanupKinds)[number], { description: string }>,
});

const CleanupAdviceRef = builder.objectRef<CleanupAdvice & { clusterId: string }>('CleanupAdvice').implement({
  description: 'What is left over in a cluster, and what is safe to do about it.',
  fields: (t) => ({
    kind: t.field({ type: CleanupKindEnum, resolve: ({ kind }) => kind }),
    node: t.field({
      type: NodeRef,
      nullable: true,
      description: 'Null for a host that is listed as none.',
      resolve: ({ clusterId, nodeId }, _, { clusters }) => {
        const cluster = clusters.find(clusterId);
        const node = nodeId === null ? null : cluster?.nodes.get(nodeId);
        return cluster && node ? nodeView(cluster, node) : null;
      },
    }),
    host: t.field({
      type: HostRef,
      nullable: true,
      ...guarded(
        'host:read',
        'The host that it is or was last; null: none that Skep knows, or out of scope.',
      ),
      resolve: ({ hostId }, _, { hosts, scopeOf, requester }) => {
        const host = hostId === null ? null : hosts.find(hostId);
        return host && inScope(host, scopeOf(requester)) ? host : null;
      },
    }),
    since: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Down since then; null where nobody tells.',
      resolve: ({ since }) => since,
    }),
    advice: t.exposeString('advice'),
    mutation: t.exposeString('mutation', {
      nullable: true,
      description: 'The mutation that does it; null: nothing is safe to do now, the advice says why.',
    }),
  }),
});

builder.objectField(ClusterRef, 'cleanup', (t) =>
  t.field({
    type: [CleanupAdviceRef],
    description:
      'What is left over, by the identity of hosts: nodes that nobody comes back as, nodes that are Down for long, hosts that it does not list. As last seen: while it cannot be read nothing is called safe.',
    args: {
      downForSeconds: t.arg.int({
        defaultValue: 3_600,
        description: 'How long a node must have been Down when no host tells more. Not negative.',
      }),
    },
    resolve: (cluster, { downForSeconds }, { clusters, hosts, clock }) => {
      const seconds = downForSeconds ?? 3_600;
      if (seconds < 0) throw new Failure('BAD_USER_INPUT', 'downForSeconds is negative', 'give 0 or more');
      return cleanupOf({ clusters, hosts }, cluster, seconds, clock.now()).map((advice) => ({
        ...advice,
        clusterId: cluster.id,
      }));
    },
  }),
);

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
    'docker swarm join on each host, by a token that nobody sees: workers in parallel, managers one by one. A member already: warning ALREADY_MEMBER. Guard: ADDRESS_NOT_LOCAL. IN_OTHER_SWARM, JOIN_PENDING, HOST_OFFLINE refuse.',
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
