// A node and its parts.
import { AuditRecordRef, historyOf } from '../../audit/schema/record.ts';
import { ClusterRef } from '../../clusters/schema/cluster.ts';
import { NodeRoleEnum } from '../../clusters/schema/enums.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { ofProjection } from '../../graphql/projection.ts';
import { inScope } from '../../hosts/actions.ts';
import { HostRef } from '../../hosts/schema/host.ts';
import { Failure } from '../../platform/failure.ts';
import type { NodeView } from '../node.ts';
import { AvailabilityEnum, NodeStateEnum, ReachabilityEnum } from './enums.ts';
import { TaskRef } from './task.ts';

export const LabelRef = builder.objectRef<{ key: string; value: string }>('Label').implement({
  ...ofProjection({ itself: ['key', 'value'] }),
  fields: (t) => ({
    key: t.exposeString('key'),
    value: t.exposeString('value', { description: 'Empty for a label given as `key`.' }),
  }),
});
export const labelsOf = (labels: Record<string, string>) =>
  Object.entries(labels).map(([key, value]) => ({ key, value }));

const ManagerStatusRef = builder
  .objectRef<NonNullable<NodeView['managerStatus']>>('ManagerStatus')
  .implement({
    ...ofProjection({ itself: ['leader', 'reachability', 'address'] }),
    description: 'Its part in the raft group.',
    fields: (t) => ({
      leader: t.exposeBoolean('leader'),
      reachability: t.field({ type: ReachabilityEnum, resolve: ({ reachability }) => reachability }),
      address: t.exposeString('address'),
    }),
  });
const NodeStatusRef = builder.objectRef<NodeView['status']>('NodeStatus').implement({
  ...ofProjection({ itself: ['state', 'message', 'address'] }),
  fields: (t) => ({
    state: t.field({ type: NodeStateEnum, resolve: ({ state }) => state }),
    message: t.exposeString('message'),
    address: t.exposeString('address', { description: 'As the managers see it.' }),
  }),
});
const PlatformRef = builder.objectRef<NodeView['platform']>('Platform').implement({
  ...ofProjection({ itself: ['os', 'architecture'] }),
  fields: (t) => ({ os: t.exposeString('os'), architecture: t.exposeString('architecture') }),
});
const ResourcesRef = builder.objectRef<NodeView['resources']>('Resources').implement({
  ...ofProjection({ itself: ['cpus', 'memoryBytes'] }),
  fields: (t) => ({ cpus: t.exposeFloat('cpus'), memoryBytes: t.exposeFloat('memoryBytes') }),
});
const PluginRef = builder.objectRef<NodeView['plugins'][number]>('Plugin').implement({
  ...ofProjection({ itself: ['type', 'name'] }),
  fields: (t) => ({
    type: t.exposeString('type', { description: 'Network, Volume, Log, Authorization.' }),
    name: t.exposeString('name'),
  }),
});
const TlsInfoRef = builder.objectRef<NonNullable<NodeView['tlsInfo']>>('TLSInfo').implement({
  ...ofProjection({ itself: ['trustRoot', 'certIssuerSubject', 'certIssuerPublicKey'] }),
  description: 'The root that the node trusts and the issuer of its certificate.',
  fields: (t) => ({
    trustRoot: t.exposeString('trustRoot', { description: 'PEM.' }),
    certIssuerSubject: t.exposeString('certIssuerSubject', { description: 'DER, base64.' }),
    certIssuerPublicKey: t.exposeString('certIssuerPublicKey', { description: 'DER, base64.' }),
  }),
});

export const NodeRef = builder.objectRef<NodeView>('Node').implement({
  ...ofProjection(
    {
      itself: [
        'id',
        'hostname',
        'role',
        'observedRole',
        'managerStatus',
        'availability',
        'status',
        'downSince',
        'labels',
        'engineLabels',
        'platform',
        'resources',
        'engineVersion',
        'plugins',
        'tlsInfo',
        'joinedAt',
        'updatedAt',
        'version',
      ],
      clusters: ['cluster', 'stale'],
    },
    { immutable: true },
  ),
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
    joinedAt: t.expose('joinedAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
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
      resolve: ({ id }, { first }, context) => historyOf(context, id, first),
    }),
  }),
});

type Counted = { totalCount: number; eventCursor: string };
export const NodeConnection = builder.connectionObject(
  {
    type: NodeRef,
    name: 'NodeConnection',
    ...ofProjection({ itself: ['edges', 'pageInfo', 'totalCount'], events: ['eventCursor'] }),
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
  },
  ofProjection({ itself: ['cursor', 'node'] }),
);
