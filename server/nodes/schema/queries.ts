// Queries of nodes.
import type { Cluster } from '../../clusters/cluster.ts';
import { clustersInScope } from '../../clusters/find.ts';
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { pageOfSorted, pageSize } from '../../graphql/connection.ts';
import { dependsOn } from '../../graphql/projection.ts';
import { Failure } from '../../platform/failure.ts';
import { type NodeFilter, type NodeOrderField, nodeMatches } from '../list.ts';
import { nodeView } from '../node.ts';
import { NodeFilterInput, NodeOrderInput } from './filter.ts';
import { NodeConnection, NodeRef } from './node.ts';

type PageArgs = {
  filter?: NodeFilter | null | undefined;
  orderBy?: { field: NodeOrderField; direction: 'ASC' | 'DESC' } | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
};

/** A page of the nodes of some clusters, by hostname where nothing else is said. */
export const pageOfNodes = (
  { sortedNodes, events }: Context,
  clusters: readonly Cluster[],
  { filter, orderBy, first, after }: PageArgs,
) => {
  const { nodes, order } = sortedNodes(clusters, {
    field: orderBy?.field ?? 'HOSTNAME',
    descending: orderBy?.direction === 'DESC',
  });
  const found = filter ? nodes.filter((node) => nodeMatches(filter, node)) : nodes;
  const page = pageOfSorted(found, { ...order, first: pageSize('first', first ?? 50, 1_000), after });
  return { ...page, totalCount: found.length, eventCursor: events.head() };
};

builder.queryFields((t) => ({
  nodes: t.field({
    type: NodeConnection,
    ...dependsOn('clusters'),
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
      const inScope = clustersInScope(context.clusters, context.scopeOf(context.requester));
      return pageOfNodes(context, inScope, { filter, orderBy, first, after });
    },
  }),
  node: t.field({
    type: NodeRef,
    ...dependsOn('clusters'),
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
