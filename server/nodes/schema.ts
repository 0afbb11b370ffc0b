// Nodes in GraphQL: the type, list and lookup, the live feed, and the mutations of roles, availability and labels.

import { AuditRecordRef } from '../audit/schema.ts';
import type { SeenNode } from '../clusters/cluster.ts';
import { clustersInScope } from '../clusters/find.ts';
import { ClusterRef, NodeRoleEnum } from '../clusters/schema.ts';
import type { Context } from '../context.ts';
import { builder, guarded } from '../graphql/builder.ts';
import { pageSize, sortedPage } from '../graphql/connection.ts';
import { changeStream, type Streamed } from '../graphql/stream.ts';
import { inScope } from '../hosts/actions.ts';
import { HostRef } from '../hosts/schema.ts';
import {
  type ChangeEvent,
  ChangeEventRef,
  changeEvent,
  OperationTargetRef,
  operationMutation,
} from '../operations/schema.ts';
import { Failure } from '../platform/failure.ts';
import { type Filtered, nodeMatches, nodeOrderFields } from './list.ts';
import { type NodeView, nodeView } from './node.ts';
import type { Task } from './tasks.ts';

export const AvailabilityEnum = builder.enumType('Availability', {
  description:
    'ACTIVE: takes tasks. PAUSE: takes no new ones. DRAIN: takes none, and those that it has move. Plain containers stay.',
  values: ['ACTIVE', 'PAUSE', 'DRAIN'] as const,
});
const NodeStateEnum = builder.enumType('NodeState', {
  description: 'Open: expect new values.',
  values: ['UNKNOWN', 'DOWN', 'READY', 'DISCONNECTED'] as const,
});
const ReachabilityEnum = builder.enumType('Reachability', {
  values: ['UNKNOWN', 'UNREACHABLE', 'REACHABLE'] as const,
});

const LabelRef = builder.objectRef<{ key: string; value: string }>('Label').implement({
  fields: (t) => ({
    key: t.exposeString('key'),
    value: t.exposeString('value', { description: 'Empty for a label given as `key`.' }),
  }),
});
const labelsOf = (labels: Record<string, string>) =>
  Object.entries(labels).map(([key, value]) => ({ key, value }));

const ManagerStatusRef = builder
  .objectRef<NonNullable<NodeView['managerStatus']>>('ManagerStatus')
  .implement({
    description: 'Its part in the raft group.',
    fields: (t) => ({
      leader: t.exposeBoolean('leader'),
      reachability: t.field({ type: ReachabilityEnum, resolve: ({ reachability }) => reachability }),
      address: t.exposeString('address'),
    }),
  });
const NodeStatusRef = builder.objectRef<NodeView['status']>('NodeStatus').implement({
  fields: (t) => ({
    state: t.field({ type: NodeStateEnum, resolve: ({ state }) => state }),
    message: t.exposeString('message'),
    address: t.exposeString('address', { description: 'As the managers see it.' }),
  }),
});
const PlatformRef = builder.objectRef<NodeView['platform']>('Platform').implement({
  fields: (t) => ({ os: t.exposeString('os'), architecture: t.exposeString('architecture') }),
});
const ResourcesRef = builder.objectRef<NodeView['resources']>('Resources').implement({
  fields: (t) => ({ cpus: t.exposeFloat('cpus'), memoryBytes: t.exposeFloat('memoryBytes') }),
});
const PluginRef = builder.objectRef<NodeView['plugins'][number]>('Plugin').implement({
  fields: (t) => ({
    type: t.exposeString('type', { description: 'Network, Volume, Log, Authorization.' }),
    name: t.exposeString('name'),
  }),
});
const TlsInfoRef = builder.objectRef<NonNullable<NodeView['tlsInfo']>>('TLSInfo').implement({
  description: 'The root that the node trusts and the issuer of its certificate.',
  fields: (t) => ({
    trustRoot: t.exposeString('trustRoot', { description: 'PEM.' }),
    certIssuerSubject: t.exposeString('certIssuerSubject', { description: 'DER, base64.' }),
    certIssuerPublicKey: t.exposeString('certIssuerPublicKey', { description: 'DER, base64.' }),
  }),
});
const TaskRef = builder.objectRef<Task>('Task').implement({
  description: 'A task of a service, as Docker has it.',
  fields: (t) => ({
    id: t.exposeID('id'),
    serviceId: t.exposeID('serviceId', { nullable: true }),
    slot: t.exposeInt('slot', { nullable: true }),
    image: t.exposeString('image', { nullable: true }),
    state: t.exposeString('state', {
      description: 'Observed: RUNNING, SHUTDOWN, FAILED … Docker’s words in capitals.',
    }),
    desiredState: t.exposeString('desiredState'),
    message: t.exposeString('message', { nullable: true }),
    error: t.exposeString('error', { nullable: true }),
    createdAt: t.field({ type: 'DateTime', resolve: ({ createdAt }) => new Date(createdAt) }),
    updatedAt: t.field({ type: 'DateTime', resolve: ({ updatedAt }) => new Date(updatedAt) }),
  }),
});

export const NodeRef = builder.objectRef<NodeView>('Node').implement({
  description:
    'A member of a cluster as Docker knows it. Docker’s term: this is not Relay’s Node interface, which is not offered.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Docker’s id. A host that joins again is a new node.' }),
    hostname: t.exposeString('hostname', { description: 'Need not be unique.' }),
    cluster: t.field({
      type: ClusterRef,
      resolve: ({ clusterId }, _, { clusters }) => {
        const cluster = clusters.find(clusterId);
        if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${clusterId}`);
        return cluster;
      },
    }),
    host: t.field({
      type: HostRef,
      nullable: true,
      ...guarded('host:read', 'The host that it is, when that has an agent.'),
      resolve: ({ id }, _, { hosts, scopeOf, requester }) => {
        const host = hosts.ofNode(id);
        return host && inScope(host, scopeOf(requester)) ? host : null;
      },
    }),
    role: t.field({ type: NodeRoleEnum, description: 'Desired (Spec.Role).', resolve: ({ role }) => role }),
    observedRole: t.field({
      type: NodeRoleEnum,
      description: 'MANAGER when it is in the raft group.',
      resolve: ({ observedRole }) => observedRole,
    }),
    managerStatus: t.field({
      type: ManagerStatusRef,
      nullable: true,
      description: 'Null: it is in no raft group.',
      resolve: ({ managerStatus }) => managerStatus,
    }),
    availability: t.field({ type: AvailabilityEnum, resolve: ({ availability }) => availability }),
    status: t.field({ type: NodeStatusRef, resolve: ({ status }) => status }),
    downSince: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is Down, by its managers’ clock; null: it is not.',
      resolve: ({ downSince }) => (downSince ? new Date(downSince) : null),
    }),
    labels: t.field({
      type: [LabelRef],
      description: 'Set on the swarm and trusted for placement; by key.',
      resolve: ({ labels }) => labelsOf(labels),
    }),
    engineLabels: t.field({
      type: [LabelRef],
      description: 'Set in the daemon’s own configuration.',
      resolve: ({ engineLabels }) => labelsOf(engineLabels),
    }),
    platform: t.field({ type: PlatformRef, resolve: ({ platform }) => platform }),
    resources: t.field({ type: ResourcesRef, resolve: ({ resources }) => resources }),
    engineVersion: t.exposeString('engineVersion'),
    plugins: t.field({ type: [PluginRef], resolve: ({ plugins }) => plugins }),
    tlsInfo: t.field({
      type: TlsInfoRef,
      nullable: true,
      description: 'Null: Docker does not tell; also on the node of an event.',
      resolve: ({ tlsInfo }) => tlsInfo ?? null,
    }),
    joinedAt: t.field({ type: 'DateTime', resolve: ({ joinedAt }) => new Date(joinedAt) }),
    updatedAt: t.field({ type: 'DateTime', resolve: ({ updatedAt }) => new Date(updatedAt) }),
    version: t.exposeInt('version', {
      description: 'Docker’s Version.Index: moves with every write, also of its status.',
    }),
    stale: t.boolean({
      description: 'The newest read of its cluster failed: what is shown may be old.',
      resolve: ({ clusterId }, _, { clusters }) => clusters.find(clusterId)?.trouble != null,
    }),
    tasks: t.field({
      type: [TaskRef],
      nullable: true,
      description: 'Read live through a manager; null with an error where that fails.',
      extensions: { cost: 500 },
      resolve: ({ clusterId, id }, _, { clusters, workload }) =>
        clusters.find(clusterId) ? workload.ofNode(clusterId, id) : null,
    }),
    history: t.field({
      type: [AuditRecordRef],
      nullable: true,
      ...guarded('audit:read', 'What the history has of it, newest first.'),
      extensions: { cost: 200 },
      args: { first: t.arg.int({ defaultValue: 20 }) },
      resolve: ({ id }, { first }, { db }) =>
        db.read.auditRecord.findMany({
          where: { targets: { some: { targetId: id } } },
          orderBy: { seq: 'desc' },
          take: pageSize('first', first ?? 20, 100),
        }),
    }),
  }),
});

const LabelFilter = builder.inputType('LabelFilter', {
  fields: (t) => ({ key: t.string({ required: true }), value: t.string({ description: 'Null: any.' }) }),
});
const NodeFilterInput = builder.inputType('NodeFilter', {
  description: 'All that are given must hold.',
  fields: (t) => ({
    clusters: t.idList(),
    ids: t.idList(),
    text: t.string({ description: 'Part of hostname, id or address; case does not count.' }),
    role: t.field({ type: [NodeRoleEnum] }),
    availability: t.field({ type: [AvailabilityEnum] }),
    state: t.field({ type: [NodeStateEnum] }),
    reachability: t.field({ type: [ReachabilityEnum], description: 'Of managers; workers have none.' }),
    labels: t.field({ type: [LabelFilter], description: 'Node labels; all must be there.' }),
  }),
});
const NodeOrderInput = builder.inputType('NodeOrder', {
  fields: (t) => ({
    field: t.field({
      type: builder.enumType('NodeOrderField', {
        values: [
          'HOSTNAME',
          'ID',
          'ROLE',
          'STATE',
          'AVAILABILITY',
          'ENGINE_VERSION',
          'JOINED_AT',
        ] as const satisfies readonly (keyof typeof nodeOrderFields)[],
      }),
      required: true,
    }),
    direction: t.field({
      type: builder.enumType('Direction', { values: ['ASC', 'DESC'] as const }),
      required: true,
    }),
  }),
});

type Counted = { totalCount: number; eventCursor: string };
const NodeConnection = builder.connectionObject({
  type: NodeRef,
  name: 'NodeConnection',
  fields: (t) => ({
    totalCount: t.int({
      description: 'Of all that match.',
      resolve: (page) => (page as unknown as Counted).totalCount,
    }),
    eventCursor: t.string({
      description: 'Where this answer was computed: subscribing with it misses and repeats nothing.',
      resolve: (page) => (page as unknown as Counted).eventCursor,
    }),
  }),
});

const nodesInScope = ({ clusters, scopeOf, requester }: Context): NodeView[] =>
  clustersInScope(clusters, scopeOf(requester)).flatMap((cluster) =>
    [...cluster.nodes.values()].map((node) => nodeView(cluster, node)),
  );

builder.queryFields((t) => ({
  nodes: t.field({
    type: NodeConnection,
    ...guarded(
      'cluster:read',
      'Nodes of all clusters in scope. `first` 1 to 1,000; every order ends in the id; default by hostname.',
    ),
    args: {
      filter: t.arg({ type: NodeFilterInput }),
      orderBy: t.arg({ type: NodeOrderInput }),
      first: t.arg.int({ defaultValue: 50 }),
      after: t.arg.string(),
    },
    resolve: (_, { filter, orderBy, first, after }, context) => {
      const found = nodesInScope(context).filter((node) => nodeMatches(filter, node));
      const page = sortedPage(found, {
        first: pageSize('first', first ?? 50, 1_000),
        after,
        keyOf: nodeOrderFields[orderBy?.field ?? 'HOSTNAME'],
        descending: orderBy?.direction === 'DESC',
      });
      return { ...page, totalCount: found.length, eventCursor: context.events.head() };
    },
  }),
  node: t.field({
    type: NodeRef,
    nullable: true,
    ...guarded('cluster:read', 'One node; null: unknown or out of scope. AMBIGUOUS_REFERENCE.'),
    args: { ref: t.arg({ type: 'NodeRef', required: true }), cluster: t.arg.id() },
    resolve: (_, { ref, cluster }, { findNodes, requester }) => {
      try {
        const found = findNodes.one(ref, cluster ?? null, requester);
        return nodeView(found.cluster, found.node);
      } catch (error) {
        if (error instanceof Failure && error.code === 'NOT_FOUND') return null;
        throw error;
      }
    },
  }),
}));

builder.objectField(ClusterRef, 'nodes', (t) =>
  t.field({
    type: NodeConnection,
    description: 'Its nodes by hostname. `first` 1 to 1,000.',
    args: {
      filter: t.arg({ type: NodeFilterInput }),
      first: t.arg.int({ defaultValue: 50 }),
      after: t.arg.string(),
    },
    resolve: (cluster, { filter, first, after }, { events }) => {
      const found = [...cluster.nodes.values()]
        .map((node) => nodeView(cluster, node))
        .filter((node) => nodeMatches(filter, node));
      const page = sortedPage(found, {
        first: pageSize('first', first ?? 50, 1_000),
        after,
        keyOf: ({ hostname }) => hostname,
        descending: false,
      });
      return { ...page, totalCount: found.length, eventCursor: events.head() };
    },
  }),
);

/** The node as it is now, wherever the viewer may see it. */
const current = (id: string | null, context: Context): NodeView | null =>
  id === null ? null : (nodesInScope(context).find((node) => node.id === id) ?? null);

const nodeOf = guarded('cluster:read', 'The node as it is now; null once gone.');
builder.objectField(OperationTargetRef, 'node', (t) =>
  t.field({
    type: NodeRef,
    nullable: true,
    ...nodeOf,
    resolve: ({ kind, id }, _, context) =>
      kind === 'NODE'
        ? current(id, context)
        : kind === 'HOST' && id
          ? current(context.hosts.find(id)?.report?.swarm?.nodeId ?? null, context)
          : null,
  }),
);
builder.objectField(HostRef, 'node', (t) =>
  t.field({
    type: NodeRef,
    nullable: true,
    ...nodeOf,
    resolve: ({ report }, _, context) => current(report?.swarm?.nodeId ?? null, context),
  }),
);

const NodeEvent = builder
  .objectRef<ChangeEvent & { clusterId: string | null; of: SeenNode }>('NodeEvent')
  .implement({
    interfaces: [ChangeEventRef],
    fields: (t) => ({
      node: t.field({
        type: NodeRef,
        description: 'With the values of then; what it points to (cluster, host, tasks, history) is of now.',
        resolve: ({ of, clusterId }): NodeView => ({ ...of, tlsInfo: null, clusterId: clusterId ?? '' }),
      }),
    }),
  });

builder.subscriptionField('nodeChanged', (t) =>
  t.field({
    type: NodeEvent,
    ...guarded(
      'cluster:read',
      'Each change of a node. A filter matches when the node before or after the change does.',
    ),
    args: { filter: t.arg({ type: NodeFilterInput }), after: t.arg.string() },
    subscribe: (_, { filter, after }, context: Context) =>
      changeStream(context, {
        topic: 'NODE',
        permission: 'cluster:read',
        after,
        matches: (node: Filtered) => nodeMatches(filter, node),
      }),
    resolve: (item: Streamed, _, context) => changeEvent<SeenNode>(item, context),
  }),
);

export const LabelInput = builder.inputType('LabelInput', {
  fields: (t) => ({
    key: t.string({ required: true, description: 'No `=`, white space or control characters; at most 255.' }),
    value: t.string({ description: 'Default empty; at most 4,096 characters.' }),
  }),
});

/** The nodes that a mutation names. */
export const nodesFields = (t: Parameters<Parameters<typeof operationMutation>[1]['fields']>[0]) => ({
  nodes: t.field({ type: ['NodeRef'], required: true, description: 'All of one cluster.' }),
  cluster: t.id({ description: 'Needed unless all are full ids or exactly one cluster is in scope.' }),
});

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
    'Sets and removes labels of nodes; all others stay. A label that is not there and is to be removed: warning LABEL_NOT_SET.',
  fields: (t) => ({
    ...nodesFields(t),
    set: t.field({ type: [LabelInput], description: 'The last one of a key counts.' }),
    remove: t.stringList({ description: 'Keys.' }),
  }),
});
