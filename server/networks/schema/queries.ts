// Queries of networks.
import { clustersAsked } from '../../clusters/asked.ts';
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { pageOfSorted, pageSize } from '../../graphql/connection.ts';
import { sortedBy } from '../../platform/order.ts';
import { type Network, readNetworks } from '../network.ts';
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

const whichCluster = 'Default: all in scope; where one of them cannot be read, the query fails.';

const readAll = async (context: Context, cluster: string | null | undefined): Promise<NetworkView[]> =>
  (
    await Promise.all(
      clustersAsked(context, cluster).map(async ({ id: clusterId }) => {
        const { networks, services } = await readNetworks(context, clusterId);
        return networks.map((network) => ({ id: network.id, clusterId, network, services }));
      }),
    )
  ).flat();

builder.queryFields((t) => ({
  networks: t.field({
    type: NetworkConnection,
    ...guarded(
      'cluster:read',
      'Networks by name, read live through a manager: CLUSTER_UNREACHABLE where there is none. `first` 1 to 1,000.',
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
      const order = { keyOf: ({ network }: NetworkView) => network.name, descending: false };
      const found = (await readAll(context, cluster)).filter(
        ({ network }) => !filter || matches(filter, network),
      );
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
    resolve: async (_, { id, cluster }, context) =>
      (await readAll(context, cluster)).find((each) => each.id === id) ?? null,
  }),
}));
