// Queries of networks.
import { oneInScope } from '../../clusters/one-in-scope.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { pageOfSorted, pageSize } from '../../graphql/connection.ts';
import { sortedBy } from '../../platform/order.ts';
import { type Network, type Networks, readNetworks } from '../network.ts';
import { NetworkConnection, NetworkRef, type NetworkView } from './network.ts';

const NetworkFilterInput = builder.inputType('NetworkFilter', {
  description: 'All that is given must hold.',
  fields: (t) => ({
    text: t.string({ description: 'Part of the name; case does not count.' }),
    encrypted: t.boolean(),
    attachable: t.boolean(),
    ingress: t.boolean(),
  }),
});

type Filter = {
  text?: string | null | undefined;
  encrypted?: boolean | null | undefined;
  attachable?: boolean | null | undefined;
  ingress?: boolean | null | undefined;
};

const matches = ({ text, ...flags }: Filter, network: Network): boolean =>
  (text == null || network.name.toLowerCase().includes(text.toLowerCase())) &&
  (['encrypted', 'attachable', 'ingress'] as const).every(
    (each) => flags[each] == null || flags[each] === network[each],
  );

const nothing: Networks = { networks: [], services: [] };
const whichCluster = 'Needed unless exactly one cluster is in scope.';

builder.queryFields((t) => ({
  networks: t.field({
    type: NetworkConnection,
    ...guarded(
      'cluster:read',
      'Networks of a cluster by name, read live through a manager: CLUSTER_UNREACHABLE where there is none. None for a cluster that is unknown or out of scope. `first` 1 to 1,000.',
    ),
    extensions: { cost: 500 },
    args: {
      cluster: t.arg.id({ description: whichCluster }),
      filter: t.arg({ type: NetworkFilterInput }),
      first: t.arg.int({ defaultValue: 50 }),
      after: t.arg.string(),
    },
    resolve: async (_, { cluster, filter, first, after }, context) => {
      const size = pageSize('first', first ?? 50, 1_000);
      const clusterId = oneInScope(context, cluster);
      const { networks, services } = clusterId ? await readNetworks(context, clusterId) : nothing;
      const order = { keyOf: ({ network }: NetworkView) => network.name, descending: false };
      const found = networks
        .filter((network) => !filter || matches(filter, network))
        .map((network) => ({ id: network.id, clusterId: clusterId ?? '', network, services }));
      const page = pageOfSorted(sortedBy(found, order), { ...order, first: size, after });
      return { ...page, totalCount: found.length };
    },
  }),
  network: t.field({
    type: NetworkRef,
    nullable: true,
    ...guarded('cluster:read', 'One network, read live; null: unknown or out of scope.'),
    extensions: { cost: 500 },
    args: { id: t.arg.id({ required: true }), cluster: t.arg.id({ description: whichCluster }) },
    resolve: async (_, { id, cluster }, context) => {
      const clusterId = oneInScope(context, cluster);
      if (clusterId === null) return null;
      const { networks, services } = await readNetworks(context, clusterId);
      const network = networks.find((each) => each.id === id);
      return network ? { clusterId, network, services } : null;
    },
  }),
}));
