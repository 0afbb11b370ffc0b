// Clusters in GraphQL: state, quorum, tokens, watcher, and what can be done to a cluster as such.

import { AuditRecordRef } from '../audit/schema.ts';
import type { Context } from '../context.ts';
import { builder, guarded } from '../graphql/builder.ts';
import { changeStream, type Streamed } from '../graphql/stream.ts';
import { HostRef, HostSwarmRef } from '../hosts/schema.ts';
import type { Operation } from '../operations/operation.ts';
import {
  actionInput,
  type ChangeEvent,
  ChangeEventRef,
  changeEvent,
  OperationRef,
  operationMutation,
  perform,
} from '../operations/schema.ts';
import { adviceFor, quorumSeen } from './advice.ts';
import {
  type Cluster,
  type ClusterScalars,
  type clusterStates,
  fingerprintOf,
  stateOf,
  type TokenRole,
} from './cluster.ts';
import { clustersInScope } from './find.ts';
import { membershipOf, memberships } from './membership-of-hosts.ts';
import type { Quorum } from './quorum.ts';

export const NodeRoleEnum = builder.enumType('NodeRole', { values: ['MANAGER', 'WORKER'] as const });
const ClusterStateEnum = builder.enumType('ClusterState', {
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
const MembershipEnum = builder.enumType('Membership', {
  description:
    'NONE: in no swarm. MEMBER: its cluster lists its node. ORPHANED: it believes to be a member, its cluster does not list it. UNKNOWN: no manager of its cluster was heard. Open: expect new values.',
  values: memberships,
});

const QuorumRef = builder.objectRef<{ quorum: Quorum; advice: string | null }>('Quorum').implement({
  description: 'The raft group of managers: https://docs.docker.com/engine/swarm/admin_guide/',
  fields: (t) => ({
    managers: t.int({ description: 'Members.', resolve: ({ quorum }) => quorum.managers }),
    reachable: t.int({
      description:
        'As the leader counts them. Without a leader: those whose agents report them up, fewer than needed.',
      resolve: ({ quorum }) => quorum.reachable,
    }),
    needed: t.int({ description: 'A majority of the members.', resolve: ({ quorum }) => quorum.needed }),
    tolerates: t.int({
      description: 'How many more can be lost. Negative: quorum is lost.',
      resolve: ({ quorum }) => quorum.tolerates,
    }),
    advice: t.string({
      nullable: true,
      description:
        'What to do about it, as agents see the managers now: which are up, how many must come back, when recoverCluster is right, the next step for each manager of before a recovery. For people: its words change. Null: all is well.',
      resolve: ({ advice }) => advice,
    }),
  }),
});

const CountsRef = builder.objectRef<Cluster>('ClusterCounts').implement({
  fields: (t) => ({
    nodes: t.int({ resolve: ({ nodes }) => nodes.size }),
    ready: t.int({
      resolve: ({ nodes }) => [...nodes.values()].filter(({ status }) => status.state === 'READY').length,
    }),
    managers: t.int({
      resolve: ({ nodes }) => [...nodes.values()].filter(({ role }) => role === 'MANAGER').length,
    }),
    active: t.int({
      description: 'Ready and ACTIVE: tasks can be started there.',
      resolve: ({ nodes }) =>
        [...nodes.values()].filter(
          ({ status, availability }) => status.state === 'READY' && availability === 'ACTIVE',
        ).length,
    }),
  }),
});

const JoinTokenRef = builder.objectRef<{ cluster: Cluster; role: TokenRole }>('JoinToken').implement({
  description: 'What is known of a join token. The token itself: revealJoinToken.',
  fields: (t) => ({
    role: t.field({ type: NodeRoleEnum, resolve: ({ role }) => role }),
    fingerprint: t.string({
      nullable: true,
      description: 'Tells two tokens apart, finds none.',
      resolve: ({ cluster, role }) => cluster.swarm && fingerprintOf(cluster.swarm.tokens[role]),
    }),
    rotatedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'By Skep; null: never.',
      resolve: ({ cluster, role }) => cluster.tokens[role].rotatedAt,
    }),
    revealedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'By Skep; null: never.',
      resolve: ({ cluster, role }) => cluster.tokens[role].revealedAt,
    }),
  }),
});

const WatcherRef = builder.objectRef<Cluster>('Watcher').implement({
  description: 'Who reads the cluster, and how old what is shown is.',
  fields: (t) => ({
    host: t.field({
      type: HostRef,
      nullable: true,
      resolve: ({ watchedThrough }, _, { hosts }) =>
        watchedThrough === null ? null : hosts.find(watchedThrough),
    }),
    observedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the newest read began; null: never read.',
      resolve: ({ observedAt }) => observedAt,
    }),
    stale: t.boolean({
      description: 'The newest read failed: what is shown may be old.',
      resolve: ({ trouble }) => trouble !== null,
    }),
    trouble: t.string({
      nullable: true,
      description: 'Why.',
      resolve: ({ trouble }) => trouble?.message ?? null,
    }),
  }),
});

export const ClusterRef = builder.objectRef<Cluster>('Cluster').implement({
  description: 'One Docker Swarm, by its swarm id.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name', { description: 'Unique; Skep’s own: Docker’s swarms have none.' }),
    state: t.field({
      type: ClusterStateEnum,
      resolve: (cluster) => stateOf(cluster),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'Known to Skep since.',
      resolve: ({ createdAt }) => createdAt,
    }),
    adoptedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Null: read-only.',
      resolve: ({ adoptedAt }) => adoptedAt,
    }),
    caDigest: t.string({
      nullable: true,
      description: 'SHA-256, hex, of the root certificate seen last.',
      resolve: ({ swarm }) => swarm?.caDigest ?? null,
    }),
    counts: t.field({ type: CountsRef, resolve: (cluster) => cluster }),
    quorum: t.field({
      type: QuorumRef,
      resolve: (cluster, _, { hosts }) => ({
        quorum: quorumSeen(cluster, hosts),
        advice: adviceFor(cluster, hosts),
      }),
    }),
    joinTokens: t.field({
      type: [JoinTokenRef],
      resolve: (cluster) => (['WORKER', 'MANAGER'] as const).map((role) => ({ cluster, role })),
    }),
    spec: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Docker’s swarm spec, as GET /swarm has it; null: never read.',
      resolve: ({ swarm }) => swarm?.spec ?? null,
    }),
    rootRotationInProgress: t.boolean({ resolve: ({ swarm }) => swarm?.rootRotationInProgress ?? false }),
    watcher: t.field({ type: WatcherRef, resolve: (cluster) => cluster }),
  }),
});

const readCluster = guarded('cluster:read', 'The cluster; null: none, unknown or out of scope.');
const visible = (id: string | null, { clusters, scopeOf, requester }: Context): Cluster | null =>
  id === null
    ? null
    : (clustersInScope(clusters, scopeOf(requester)).find((cluster) => cluster.id === id) ?? null);

builder.objectField(OperationRef, 'cluster', (t) =>
  t.field({
    type: ClusterRef,
    nullable: true,
    ...readCluster,
    resolve: ({ clusterId }, _, context) => visible(clusterId, context),
  }),
);
builder.objectField(AuditRecordRef, 'cluster', (t) =>
  t.field({
    type: ClusterRef,
    nullable: true,
    ...readCluster,
    resolve: ({ clusterId }, _, context) => visible(clusterId, context),
  }),
);
builder.objectField(HostSwarmRef, 'membership', (t) =>
  t.field({ type: MembershipEnum, resolve: ({ host }, _, { clusters }) => membershipOf(host, clusters) }),
);

builder.queryFields((t) => ({
  clusters: t.field({
    type: [ClusterRef],
    ...guarded('cluster:read', 'All clusters in scope, by name.'),
    resolve: (_, __, { clusters, scopeOf, requester }) =>
      [...clustersInScope(clusters, scopeOf(requester))].sort((a, b) => (a.name < b.name ? -1 : 1)),
  }),
  cluster: t.field({
    type: ClusterRef,
    nullable: true,
    ...guarded('cluster:read', 'One cluster; null: unknown or out of scope.'),
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) => visible(id, context),
  }),
}));

const ClusterFilter = builder.inputType('ClusterFilter', {
  description: 'All that are given must hold.',
  fields: (t) => ({ ids: t.idList(), state: t.field({ type: [ClusterStateEnum] }) }),
});
type Filter = typeof ClusterFilter.$inferInput;
const matches = (filter: Filter | null | undefined, cluster: ClusterScalars): boolean =>
  (filter?.ids == null || filter.ids.includes(cluster.id)) &&
  (filter?.state == null || filter.state.includes(cluster.state));

const ClusterEvent = builder.objectRef<ChangeEvent & { of: ClusterScalars }>('ClusterEvent').implement({
  interfaces: [ChangeEventRef],
  description: 'A change of leader, quorum, state, name, join tokens, autolock, spec or watcher.',
  fields: (t) => ({
    clusterId: t.id({ resolve: ({ of }) => of.id }),
    name: t.string({ resolve: ({ of }) => of.name }),
    state: t.field({ type: ClusterStateEnum, description: 'As it was then.', resolve: ({ of }) => of.state }),
    leader: t.id({
      nullable: true,
      description: 'The leader’s node id then.',
      resolve: ({ of }) => of.leader,
    }),
    cluster: t.field({
      type: ClusterRef,
      nullable: true,
      description: 'As it is now; null: forgotten.',
      resolve: ({ of }, _, context) => visible(of.id, context),
    }),
  }),
});

builder.subscriptionField('clusterChanged', (t) =>
  t.field({
    type: ClusterEvent,
    ...guarded('cluster:read', 'Each change of a cluster as such.'),
    args: { filter: t.arg({ type: ClusterFilter }), after: t.arg.string() },
    subscribe: (_, { filter, after }, context: Context) =>
      changeStream(context, {
        topic: 'CLUSTER',
        permission: 'cluster:read',
        after,
        matches: (cluster: ClusterScalars) => matches(filter, cluster),
      }),
    resolve: (item: Streamed, _, context) => changeEvent<ClusterScalars>(item, context),
  }),
);

operationMutation('initCluster', {
  permission: 'cluster:init',
  description:
    'docker swarm init on a host. ADDRESS_NOT_LOCAL is a guard; ALREADY_IN_SWARM, HOST_OFFLINE refuse.',
  fields: (t) => ({
    host: t.id({ required: true }),
    name: t.string({ description: 'The cluster’s; null: made of its id.' }),
    advertiseAddr: t.string({
      description: 'IP or interface, with or without a port. Null: the host’s only address.',
    }),
    listenAddr: t.string({ description: 'Default 0.0.0.0:2377.' }),
    dataPathAddr: t.string({ description: 'Default: the advertised one.' }),
    dataPathPort: t.int({ description: 'UDP, 1024 to 49151; default 4789.' }),
    autolock: t.boolean({
      description:
        'Managers wait for the unlock key after a restart; default false. The key: revealUnlockKey.',
    }),
    defaultAddrPool: t.stringList({ description: 'CIDRs for overlay networks.' }),
    subnetSize: t.int({ description: 'Bits of each subnet of the pool.' }),
  }),
});
operationMutation('adoptCluster', {
  permission: 'cluster:update',
  description:
    'Lets Skep change a cluster that it did not make, and pins its CA. CLUSTER_CHANGED when the digest given is not the one seen.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    name: t.string(),
    caDigest: t.string({ description: 'SHA-256, hex, of the root certificate that it must have.' }),
  }),
});
operationMutation('renameCluster', {
  permission: 'cluster:update',
  description: 'Gives a cluster another name in Skep. NAME_TAKEN.',
  fields: (t) => ({ cluster: t.id({ required: true }), name: t.string({ required: true }) }),
});
operationMutation('forgetCluster', {
  permission: 'cluster:update',
  description:
    'Skep no longer knows it; the swarm and the history stay as they are. HOST_CONNECTED while agents of its managers are connected.',
  fields: (t) => ({ cluster: t.id({ required: true }) }),
});
const tokenFields = (t: Parameters<Parameters<typeof actionInput>[1]>[0]) => ({
  cluster: t.id({ required: true }),
  role: t.field({ type: NodeRoleEnum, required: true }),
});
operationMutation('rotateJoinToken', {
  permission: 'secret:rotate',
  description:
    'Makes a new join token of the role; the old one joins nobody any more. Members are not touched.',
  fields: tokenFields,
});

type Revealed = { operation: Operation; secret: unknown };
const part = ({ secret }: Revealed, name: string): string | null => {
  if (secret === null || typeof secret !== 'object') return null;
  const value = new Map(Object.entries(secret)).get(name);
  return typeof value === 'string' ? value : null;
};

const RevealJoinTokenPayload = builder.objectRef<Revealed>('RevealJoinTokenPayload').implement({
  fields: (t) => ({
    operation: t.field({ type: OperationRef, resolve: ({ operation }) => operation }),
    token: t.string({
      nullable: true,
      description: 'Null unless the operation succeeded now.',
      resolve: (revealed) => part(revealed, 'token'),
    }),
    command: t.string({
      nullable: true,
      description: '`docker swarm join`, ready to run.',
      resolve: (revealed) => part(revealed, 'command'),
    }),
  }),
});
const RevealUnlockKeyPayload = builder.objectRef<Revealed>('RevealUnlockKeyPayload').implement({
  fields: (t) => ({
    operation: t.field({ type: OperationRef, resolve: ({ operation }) => operation }),
    unlockKey: t.string({
      nullable: true,
      description: 'Null with autolock off.',
      resolve: (revealed) => part(revealed, 'unlockKey'),
    }),
  }),
});

builder.mutationFields((t) => ({
  revealJoinToken: t.field({
    type: RevealJoinTokenPayload,
    description:
      'Reads a join token from a manager; it stands on record before it is read. joinHosts needs no token. Permission: secret:reveal.',
    args: { input: t.arg({ type: actionInput('RevealJoinTokenInput', tokenFields), required: true }) },
    resolve: (_, { input }, context: Context) => perform(context, 'revealJoinToken', input),
  }),
  revealUnlockKey: t.field({
    type: RevealUnlockKeyPayload,
    description:
      'Reads the unlock key from a manager; it stands on record before it is read. Permission: secret:reveal.',
    args: {
      input: t.arg({
        type: actionInput('RevealUnlockKeyInput', (f) => ({ cluster: f.id({ required: true }) })),
        required: true,
      }),
    },
    resolve: (_, { input }, context: Context) => perform(context, 'revealUnlockKey', input),
  }),
}));
