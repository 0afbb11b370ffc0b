// Fields that lead from clusters, hosts and operations to their nodes.
import { ClusterRef } from '../../clusters/schema/cluster.ts';
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { pageSize, sortedPage } from '../../graphql/connection.ts';
import { HostRef } from '../../hosts/schema/host.ts';
import { OperationTargetRef } from '../../operations/schema/operation.ts';
import { nodeMatches } from '../list.ts';
import { type NodeView, nodeView } from '../node.ts';
import { NodeFilterInput } from './filter.ts';
import { NodeConnection, NodeRef } from './node.ts';
import { nodesInScope } from './queries.ts';

builder.objectField(ClusterRef, 'nodes', (t) =>
  t.field({
    type: NodeConnection,
    description: 'Its nodes by hostname. `first` 1 to 1,000.',
    args: {
      filter: t.arg({ type: NodeFilterInput }),
      first: t.arg.int({ defaultValue: 50 }),
      after: t.arg.string(),
    },
    resolve: (cluster, { filter, first, after }, { events }) => {
      const found = [...cluster.nodes.values()]
        .map((node) => nodeView(cluster, node))
        .filter((node) => nodeMatches(filter, node));
      const page = sortedPage(found, {
        first: pageSize('first', first ?? 50, 1_000),
        after,
        keyOf: ({ hostname }) => hostname,
        descending: false,
      });
      return { ...page, totalCount: found.length, eventCursor: events.head() };
    },
  }),
);

/** The node as it is now, wherever the viewer may see it. */
const current = (id: string | null, context: Context): NodeView | null =>
  id === null ? null : (nodesInScope(context).find((node) => node.id === id) ?? null);

const nodeOf = guarded('cluster:read', 'The node as it is now; null once gone.');
builder.objectField(OperationTargetRef, 'node', (t) =>
  t.field({
    type: NodeRef,
    nullable: true,
    ...nodeOf,
    resolve: ({ kind, id }, _, context) =>
      kind === 'NODE'
        ? current(id, context)
        : kind === 'HOST' && id
          ? current(context.hosts.find(id)?.report?.swarm?.nodeId ?? null, context)
          : null,
  }),
);
builder.objectField(HostRef, 'node', (t) =>
  t.field({
    type: NodeRef,
    nullable: true,
    ...nodeOf,
    resolve: ({ report }, _, context) => current(report?.swarm?.nodeId ?? null, context),
  }),
);
