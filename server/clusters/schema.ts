// Clusters in GraphQL: state, quorum, tokens, watcher, and what can be done to a cluster as such.

import { AuditRecordRef } from '../audit/schema.ts';
import type { Context } from '../context.ts';
import { builder, guarded } from '../graphql/builder.ts';
import { changeStream, type Streamed } from '../graphql/stream.ts';
import { inScope } from '../hosts/actions.ts';
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
import { type Reminder, type ReminderCode, reminderCodes, remindersOf } from './reminders.ts';
import { type Settings, settingsOf } from './settings.ts';

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

const UnlockKeyRef = builder.objectRef<Cluster>('UnlockKey').implement({
  description: 'What is known of the unlock key. The key itself: revealUnlockKey.',
  fields: (t) => ({
    fingerprint: t.string({
      nullable: true,
      description: 'Tells two keys apart, finds none; null: autolock is off.',
      resolve: ({ swarm }) => (swarm?.unlockKeyDigest ? fingerprintOf(swarm.unlockKeyDigest) : null),
    }),
    rotatedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Rotated, or made with autolock, by Skep; null: never.',
      resolve: ({ unlockKey }) => unlockKey.rotatedAt,
    }),
    revealedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'By Skep; null: never.',
      resolve: ({ unlockKey }) => unlockKey.revealedAt,
    }),
    seenAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is this one, as far as was seen.',
      resolve: ({ unlockKey }) => unlockKey.seenAt,
    }),
  }),
});

const SettingsRef = builder.objectRef<Settings>('ClusterSettings').implement({
  description: 'What updateCluster sets, in its units.',
  fields: (t) => ({
    autolock: t.exposeBoolean('autolock', { description: 'EncryptionConfig.AutoLockManagers.' }),
    certificateExpirySeconds: t.exposeFloat('certificateExpirySeconds', {
      description: 'CAConfig.NodeCertExpiry: how long a node’s certificate is valid. 0: Docker’s default.',
    }),
    heartbeatPeriodSeconds: t.exposeFloat('heartbeatPeriodSeconds', {
      description: 'Dispatcher.HeartbeatPeriod; a node is Down after three missed ones. 0: Docker’s default.',
    }),
    taskHistoryLimit: t.exposeInt('taskHistoryLimit', {
      description: 'Orchestration.TaskHistoryRetentionLimit; negative: all tasks are kept.',
    }),
    snapshotInterval: t.exposeInt('snapshotInterval', {
      description: 'Raft.SnapshotInterval, in log entries.',
    }),
    keepOldSnapshots: t.exposeInt('keepOldSnapshots', { description: 'Raft.KeepOldSnapshots.' }),
  }),
});

const ReminderCodeEnum = builder.enumType('ReminderCode', {
  description: 'Open: expect new values.',
  values: Object.fromEntries(
    Object.entries(reminderCodes).map(([code, description]) => [code, { description }]),
  ) as Record<ReminderCode, { description: string }>,
});

const ReminderRef = builder.objectRef<Reminder>('Reminder').implement({
  description: 'What should be done about a cluster, though nothing is broken yet.',
  fields: (t) => ({
    code: t.field({ type: ReminderCodeEnum, resolve: ({ code }) => code }),
    message: t.exposeString('message'),
    hint: t.exposeString('hint', { description: 'What to do.' }),
    since: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is so; null: not known.',
      resolve: ({ since }) => since,
    }),
    due: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it is to be done at the latest; past: overdue. Null: as soon as it can be.',
      resolve: ({ due }) => due,
    }),
  }),
});

const WatcherRef = builder.objectRef<Cluster>('Watcher').implement({
  description: 'Who reads the cluster, and how old what is shown is.',
  fields: (t) => ({
    host: t.field({
      type: HostRef,
      nullable: true,
      ...guarded('host:read', 'Whose engine answered last; null: none yet, or out of scope by now.'),
      resolve: ({ watchedThrough }, _, { hosts, scopeOf, requester }) => {
        const host = watchedThrough === null ? null : hosts.find(watchedThrough);
        return host && inScope(host, scopeOf(requester)) ? host : null;
      },
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
    settings: t.field({
      type: SettingsRef,
      nullable: true,
      description: 'What of the spec updateCluster sets; null: never read.',
      resolve: ({ swarm }) => swarm && settingsOf(swarm.spec),
    }),
    unlockKey: t.field({ type: UnlockKeyRef, resolve: (cluster) => cluster }),
    reminders: t.field({
      type: [ReminderRef],
      description:
        'Join tokens older than six months, a root certificate near its end, an unlock key that nobody has, locked managers, managers that tolerate no failure.',
      resolve: (cluster, _, { hosts, clock }) => remindersOf(cluster, hosts, clock.now()),
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
  description:
    'A change of leader, quorum, state, name, join tokens, autolock, unlock key, root CA, spec or watcher.',
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
operationMutation('updateCluster', {
  permission: 'cluster:update',
  description:
    'docker swarm update: changes what is given, and nothing else. Turning autolock on warns that the unlock key must be fetched and kept. NOT_ADOPTED, CLUSTER_UNREACHABLE refuse.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    autolock: t.boolean({ description: 'Managers that start again wait for the unlock key.' }),
    certificateExpirySeconds: t.int({
      description:
        'How long a node’s certificate is valid; at least 3600. Docker’s default: 7776000, 90 days.',
    }),
    heartbeatPeriodSeconds: t.int({
      description: 'A node is Down after three missed ones. 0: Docker’s default, 5.',
    }),
    taskHistoryLimit: t.int({ description: 'Old tasks kept for each slot; -1: all. Docker’s default: 5.' }),
    snapshotInterval: t.int({
      description: 'Raft log entries between two snapshots. Docker’s default: 10000.',
    }),
    keepOldSnapshots: t.int({ description: 'Raft snapshots kept beside the newest. Docker’s default: 0.' }),
  }),
});
operationMutation('rotateUnlockKey', {
  permission: 'secret:rotate',
  description:
    'Makes a new unlock key; revealUnlockKey tells it. A manager that is away meanwhile may need the old one when it is back. AUTOLOCK_OFF, NOT_ADOPTED refuse.',
  fields: (t) => ({ cluster: t.id({ required: true }) }),
});
operationMutation('rotateCA', {
  permission: 'secret:rotate',
  description:
    'docker swarm ca --rotate: a new root CA, a new certificate for each node, new join tokens. Done when every node has its certificate (some seconds); nodes that are not Ready block it for ever and are warned of before. CA_ROTATION_BLOCKED at the deadline names them: the rotation goes on, and Skep follows it. Cancelled, it is only no longer waited for. NOT_ADOPTED refuses.',
  fields: (t) => ({
    cluster: t.id({ required: true }),
    deadlineSeconds: t.int({ description: '1 to 86400; default 300.' }),
  }),
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
