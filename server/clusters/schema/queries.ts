// Queries of clusters.
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { dependsOn } from '../../graphql/projection.ts';
import type { Cluster } from '../cluster.ts';
import { clustersInScope } from '../find.ts';
import { ClusterRef } from './cluster.ts';

export const visible = (id: string | null, { clusters, scopeOf, requester }: Context): Cluster | null =>
  id === null
    ? null
    : (clustersInScope(clusters, scopeOf(requester)).find((cluster) => cluster.id === id) ?? null);

builder.queryFields((t) => ({
  clusters: t.field({
    type: [ClusterRef],
    ...dependsOn('clusters'),
    ...guarded('cluster:read', 'All clusters in scope, by name.'),
    resolve: (_, __, { clusters, scopeOf, requester }) =>
      [...clustersInScope(clusters, scopeOf(requester))].sort((a, b) => (a.name < b.name ? -1 : 1)),
  }),
  cluster: t.field({
    type: ClusterRef,
    ...dependsOn('clusters'),
    nullable: true,
    ...guarded('cluster:read', 'One cluster; null: unknown or out of scope.'),
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) => visible(id, context),
  }),
}));
