// Fields that lead from clusters, hosts and operations to their nodes.
import { clustersInScope } from '../../clusters/find.ts';
import { ClusterRef } from '../../clusters/schema/cluster.ts';
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { dependsOn } from '../../graphql/projection.ts';
import { HostRef } from '../../hosts/schema/host.ts';
import { OperationTargetRef } from '../../operations/schema/operation.ts';
import { type NodeView, nodeView } from '../node.ts';
import { NodeFilterInput } from './filter.ts';
import { NodeConnection, NodeRef } from './node.ts';
import { pageOfNodes } from './queries.ts';
import { TaskRef } from './task.ts';

builder.objectField(ClusterRef, 'nodes', (t) =>
  t.field({
    type: NodeConnection,
    ...dependsOn('itself'),
    description: 'Its nodes by hostname. `first` 1 to 1,000.',
    args: {
      filter: t.arg({ type: NodeFilterInput }),
      first: t.arg.int({ defaultValue: 50 }),
      after: t.arg.string(),
    },
    resolve: (cluster, { filter, first, after }, context) =>
      pageOfNodes(context, [cluster], { filter, first, after }),
  }),
);

/** The node as it is now, wherever the viewer may see it. */
const current = (id: string | null, { clusters, scopeOf, requester }: Context): NodeView | null => {
  if (id === null) return null;
  for (const cluster of clustersInScope(clusters, scopeOf(requester))) {
    const node = cluster.nodes.get(id);
    if (node) return nodeView(cluster, node);
  }
  return null;
};

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
// No way back to the node as a whole: from there it would lead to its tasks again.
builder.objectField(TaskRef, 'hostname', (t) =>
  t.string({
    nullable: true,
    description: 'Of the node that it was given to; null: none yet, or it is gone.',
    resolve: ({ nodeId }, _, context) => current(nodeId, context)?.hostname ?? null,
  }),
);
