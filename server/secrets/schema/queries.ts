// Queries of secrets and configs.
import { clustersAsked } from '../../clusters/asked.ts';
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { pageOfSorted, pageSize } from '../../graphql/connection.ts';
import { sortedBy } from '../../platform/order.ts';
import { type KeptKind, readKept } from '../kept.ts';
import { ConfigConnection, type KeptView, SecretConnection } from './kept.ts';

type Args = {
  cluster?: string | null | undefined;
  text?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
};

const pageOfKept = async (context: Context, kind: KeptKind, { cluster, text, first, after }: Args) => {
  const size = pageSize('first', first ?? 50, 1_000);
  const order = { keyOf: ({ kept }: KeptView) => kept.name, descending: false };
  const all = await Promise.all(
    clustersAsked(context, cluster).map(async ({ id: clusterId }) => {
      const { kept, services } = await readKept(context, kind, clusterId);
      return kept.map((each) => ({ id: each.id, clusterId, kept: each, services }));
    }),
  );
  const wanted = (text ?? '').toLowerCase();
  const found = all.flat().filter(({ kept }) => kept.name.toLowerCase().includes(wanted));
  return {
    ...pageOfSorted(sortedBy(found, order), { ...order, first: size, after }),
    totalCount: found.length,
  };
};

const described = (what: string) =>
  guarded(
    'cluster:read',
    `${what} by name, without any value, read live through a manager: CLUSTER_UNREACHABLE where there is none. \`first\` 1 to 1,000.`,
  );
const whichCluster = 'Default: all in scope; where one of them cannot be read, the query fails.';
const whichText = 'Part of the name; case does not count.';

builder.queryFields((t) => ({
  secrets: t.field({
    type: SecretConnection,
    ...described('Swarm secrets'),
    extensions: { cost: 500 },
    args: {
      cluster: t.arg.id({ description: whichCluster }),
      text: t.arg.string({ description: whichText }),
      first: t.arg.int({ defaultValue: 50 }),
      after: t.arg.string(),
    },
    resolve: (_, args, context) => pageOfKept(context, 'SECRET', args),
  }),
  configs: t.field({
    type: ConfigConnection,
    ...described('Swarm configs'),
    extensions: { cost: 500 },
    args: {
      cluster: t.arg.id({ description: whichCluster }),
      text: t.arg.string({ description: whichText }),
      first: t.arg.int({ defaultValue: 50 }),
      after: t.arg.string(),
    },
    resolve: (_, args, context) => pageOfKept(context, 'CONFIG', args),
  }),
}));
