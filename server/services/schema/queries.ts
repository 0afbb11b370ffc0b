// Queries of services.
import { clustersInScope } from '../../clusters/find.ts';
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { pageOfSorted, pageSize } from '../../graphql/connection.ts';
import { sortedBy } from '../../platform/order.ts';
import { ServiceModeEnum } from './enums.ts';
import { ServiceConnection, ServiceRef, type ServiceView } from './swarm-service.ts';

const LabelMatch = builder.inputType('ServiceLabelFilter', {
  fields: (t) => ({ key: t.string({ required: true }), value: t.string({ description: 'Null: any.' }) }),
});
export const ServiceFilterInput = builder.inputType('ServiceFilter', {
  description: 'All that are given must hold.',
  fields: (t) => ({
    name: t.string({ description: 'Part of the name; case does not count.' }),
    label: t.field({ type: LabelMatch, description: 'A label of the service.' }),
    mode: t.field({ type: [ServiceModeEnum] }),
  }),
});

type Filter = typeof ServiceFilterInput.$inferInput;

/** All that the filter names must hold. */
export const serviceMatches = (
  filter: Filter | null | undefined,
  { name, mode, labels }: Pick<ServiceView, 'name' | 'mode' | 'labels'>,
): boolean => {
  const text = filter?.name?.toLowerCase();
  const label = filter?.label;
  return (
    (text == null || name.toLowerCase().includes(text)) &&
    (filter?.mode == null || filter.mode.includes(mode)) &&
    (label == null ||
      labels.some(({ key, value }) => key === label.key && (label.value == null || value === label.value)))
  );
};

const live =
  'Read live through a manager whose engine has the leader’s version. Errors: CLUSTER_UNREACHABLE, NO_SUITABLE_MANAGER, NOT_ALLOWED (its agent was started without services), and the engine’s.';

/** The id of a cluster that the caller sees. */
const visible = ({ clusters, scopeOf, requester }: Context, id: string): string | null =>
  clustersInScope(clusters, scopeOf(requester)).find((cluster) => cluster.id === id)?.id ?? null;

builder.queryFields((t) => ({
  services: t.field({
    type: ServiceConnection,
    nullable: true,
    ...guarded(
      'cluster:read',
      `Services of a cluster by name, complete or an error; null: the cluster is unknown or out of scope. \`first\` 1 to 1,000. ${live}`,
    ),
    extensions: { cost: 500 },
    args: {
      cluster: t.arg.id({ required: true }),
      filter: t.arg({ type: ServiceFilterInput }),
      first: t.arg.int({ defaultValue: 50 }),
      after: t.arg.string(),
    },
    resolve: async (_, { cluster, filter, first, after }, context) => {
      const size = pageSize('first', first ?? 50, 1_000);
      const clusterId = visible(context, String(cluster));
      if (clusterId === null) return null;
      const found = (await context.services.all(clusterId))
        .filter((service) => serviceMatches(filter, service))
        .map((service): ServiceView => ({ ...service, clusterId }));
      const order = { keyOf: ({ name }: ServiceView) => name, descending: false };
      const page = pageOfSorted(sortedBy(found, order), { ...order, first: size, after });
      return { ...page, totalCount: found.length };
    },
  }),
  service: t.field({
    type: ServiceRef,
    nullable: true,
    ...guarded(
      'cluster:read',
      `One service by id or exact name; null: there is none, or the cluster is unknown or out of scope. ${live}`,
    ),
    extensions: { cost: 500 },
    args: { id: t.arg.id({ required: true }), cluster: t.arg.id({ required: true }) },
    resolve: async (_, { id, cluster }, context) => {
      const clusterId = visible(context, String(cluster));
      if (clusterId === null) return null;
      const found = await context.services.one(clusterId, String(id));
      return found && { ...found.service, clusterId };
    },
  }),
}));
