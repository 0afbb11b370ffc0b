// Queries of nodes.
import { clustersInScope } from '../../clusters/find.ts';
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { pageSize, sortedPage } from '../../graphql/connection.ts';
import { Failure } from '../../platform/failure.ts';
import { nodeMatches, nodeOrderFields } from '../list.ts';
import { type NodeView, nodeView } from '../node.ts';
import { NodeFilterInput, NodeOrderInput } from './filter.ts';
import { NodeConnection, NodeRef } from './node.ts';

export const nodesInScope = ({ clusters, scopeOf, requester }: Context): NodeView[] =>
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
