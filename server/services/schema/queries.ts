// Queries of services.
import { findCluster } from '../../clusters/find.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { pageOfSorted, pageSize } from '../../graphql/connection.ts';
import { sortedBy } from '../../platform/order.ts';
import { ServiceModeEnum } from './enums.ts';
import { ServiceConnection, ServiceRef, type ServiceView } from './service.ts';

const LabelMatch = builder.inputType('ServiceLabelFilter', {
  fields: (t) => ({ key: t.string({ required: true }), value: t.string({ description: 'Null: any.' }) }),
});
const ServiceFilterInput = builder.inputType('ServiceFilter', {
  description: 'All that are given must hold.',
  fields: (t) => ({
    name: t.string({ description: 'Part of the name; case does not count.' }),
    label: t.field({ type: LabelMatch, description: 'A label of the service.' }),
    mode: t.field({ type: [ServiceModeEnum] }),
  }),
});

const live =
  'Read live through a manager whose engine has the leader’s version. Errors: NOT_FOUND, CLUSTER_UNREACHABLE, NO_SUITABLE_MANAGER, NOT_ALLOWED (its agent was started without services), and the engine’s.';

builder.queryFields((t) => ({
  services: t.field({
    type: ServiceConnection,
    ...guarded(
      'cluster:read',
      `Services of a cluster by name, complete or an error. \`first\` 1 to 1,000. ${live}`,
    ),
    extensions: { cost: 500 },
    args: {
      cluster: t.arg.id({ required: true }),
      filter: t.arg({ type: ServiceFilterInput }),
      first: t.arg.int({ defaultValue: 50 }),
      after: t.arg.string(),
    },
    resolve: async (_, { cluster, filter, first, after }, { clusters, services, scopeOf, requester }) => {
      const size = pageSize('first', first ?? 50, 1_000);
      const { id: clusterId } = findCluster(clusters, String(cluster), scopeOf, requester);
      const text = filter?.name?.toLowerCase();
      const label = filter?.label;
      const found = (await services.all(clusterId))
        .filter(({ name }) => text == null || name.toLowerCase().includes(text))
        .filter(({ mode }) => filter?.mode == null || filter.mode.includes(mode))
        .filter(
          ({ labels }) =>
            label == null ||
            labels.some(
              ({ key, value }) => key === label.key && (label.value == null || value === label.value),
            ),
        )
        .map((service): ServiceView => ({ ...service, clusterId }));
      const order = { keyOf: ({ name }: ServiceView) => name, descending: false };
      const page = pageOfSorted(sortedBy(found, order), { ...order, first: size, after });
      return { ...page, totalCount: found.length };
    },
  }),
  service: t.field({
    type: ServiceRef,
    nullable: true,
    ...guarded('cluster:read', `One service by id or exact name; null: there is none. ${live}`),
    extensions: { cost: 500 },
    args: { id: t.arg.id({ required: true }), cluster: t.arg.id({ required: true }) },
    resolve: async (_, { id, cluster }, { clusters, services, scopeOf, requester }) => {
      const { id: clusterId } = findCluster(clusters, String(cluster), scopeOf, requester);
      const found = await services.one(clusterId, String(id));
      return found && { ...found.service, clusterId };
    },
  }),
}));
