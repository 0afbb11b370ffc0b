// A network and its parts.
import { ClusterRef } from '../../clusters/schema/cluster.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { clusterOf } from '../../hosts/host.ts';
import { featureOf } from '../../hosts/kernel.ts';
import { HostRef } from '../../hosts/schema/host.ts';
import { LabelRef, labelsOf } from '../../nodes/schema/node.ts';
import { Failure } from '../../platform/failure.ts';
import { type Discovery, type discoveryKinds, discoveryOf } from '../discovery.ts';
import { type AttachedService, attachedTo, type Network, type Subnet } from '../network.ts';

/** With what was read beside it, so that who is attached is told of the same moment. */
export type NetworkView = {
  /** The network's. */
  id: string;
  clusterId: string;
  network: Network;
  services: readonly AttachedService[];
};

const SubnetRef = builder.objectRef<Subnet>('NetworkSubnet').implement({
  fields: (t) => ({
    subnet: t.exposeString('subnet', { description: 'In CIDR notation.' }),
    gateway: t.exposeString('gateway', { nullable: true }),
    ipRange: t.exposeString('ipRange', {
      nullable: true,
      description: 'The part of the subnet that addresses are taken from; null: all of it.',
    }),
  }),
});

const DiscoveryKindEnum = builder.enumType('DiscoveryKind', {
  description: 'What a name of a service leads to. Open: expect new values.',
  values: {
    VIRTUAL_IP: {
      description:
        'One address for all tasks, behind which the kernel spreads connections: it needs IPVS on the asking host.',
    },
    DNS_ROUND_ROBIN: { description: 'The addresses of all tasks, in changing order.' },
    TASKS: { description: 'The same, whatever the service’s own mode is.' },
  } satisfies Record<(typeof discoveryKinds)[number], { description: string }>,
});

const DiscoveryRef = builder.objectRef<Discovery & { clusterId: string }>('ServiceDiscovery').implement({
  description: 'A name under which containers of a network find a service. It counts on that network alone.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'The service’s own, an alias, or `tasks.` before one of them.',
    }),
    kind: t.field({ type: DiscoveryKindEnum, resolve: ({ kind }) => kind }),
    missingOn: t.field({
      type: [HostRef],
      nullable: true,
      ...guarded(
        'host:read',
        'Hosts of the cluster from which it resolves and is not answered, since their kernels lack IPVS.',
      ),
      resolve: ({ kind, clusterId }, _, { hosts }) =>
        kind === 'VIRTUAL_IP'
          ? hosts
              .sorted()
              .filter((host) => clusterOf(host) === clusterId && featureOf(host, 'virtualIps') === 'MISSING')
          : [],
    }),
  }),
});

const NetworkServiceRef = builder
  .objectRef<{ service: AttachedService; network: Network; clusterId: string }>('NetworkService')
  .implement({
    description: 'A service that is attached to a network.',
    fields: (t) => ({
      id: t.id({ resolve: ({ service }) => service.id }),
      name: t.string({ resolve: ({ service }) => service.name }),
      virtualIp: t.string({
        nullable: true,
        description: 'Null: the service is in DNS round robin mode, or has got none yet.',
        resolve: ({ service, network }) =>
          service.networks.find(({ id }) => id === network.id)?.virtualIp ?? null,
      }),
      discovery: t.field({
        type: [DiscoveryRef],
        description: 'Empty on the ingress network, which has no service discovery.',
        resolve: ({ service, network, clusterId }) =>
          discoveryOf(service, network).map((found) => ({ ...found, clusterId })),
      }),
    }),
  });

export const NetworkRef = builder.objectRef<NetworkView>('Network').implement({
  description: 'A network of the swarm: it reaches over all its hosts. Read live through a manager.',
  fields: (t) => ({
    id: t.id({ resolve: ({ network }) => network.id }),
    name: t.string({ resolve: ({ network }) => network.name }),
    cluster: t.field({
      type: ClusterRef,
      resolve: ({ clusterId }, _, { clusters }) => {
        const cluster = clusters.find(clusterId);
        if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${clusterId}`);
        return cluster;
      },
    }),
    driver: t.string({
      nullable: true,
      description:
        'Null: the swarm has not given the network its addresses, for example since its subnet is taken; services that name it wait.',
      resolve: ({ network }) => network.driver || null,
    }),
    scope: t.string({ resolve: ({ network }) => network.scope }),
    attachable: t.boolean({
      description: 'Containers that belong to no service may be attached too.',
      resolve: ({ network }) => network.attachable,
    }),
    encrypted: t.boolean({
      description: 'Between hosts by IPsec: where a kernel has no ESP, packets are dropped without a word.',
      resolve: ({ network }) => network.encrypted,
    }),
    ingress: t.boolean({
      description: 'It carries the ports that services publish.',
      resolve: ({ network }) => network.ingress,
    }),
    internal: t.boolean({
      description: 'Without a way to the outside.',
      resolve: ({ network }) => network.internal,
    }),
    ipv6: t.boolean({ resolve: ({ network }) => network.ipv6 }),
    subnets: t.field({ type: [SubnetRef], resolve: ({ network }) => network.subnets }),
    labels: t.field({ type: [LabelRef], resolve: ({ network }) => labelsOf(network.labels) }),
    services: t.field({
      type: [NetworkServiceRef],
      description: 'Those that are attached to it, by name.',
      resolve: ({ clusterId, network, services }) =>
        attachedTo(services, network.id).map((service) => ({ service, network, clusterId })),
    }),
  }),
});

export const NetworkConnection = builder.connectionObject({
  type: NetworkRef,
  name: 'NetworkConnection',
  fields: (t) => ({
    totalCount: t.int({
      description: 'Of all that match.',
      resolve: (page) => (page as unknown as { totalCount: number }).totalCount,
    }),
  }),
});
