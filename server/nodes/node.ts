// A node with its cluster, as queries and events tell of it.
import type { Cluster, SeenNode } from '../clusters/cluster.ts';
import type { NodeObservation } from '../clusters/observation.ts';

/** A node as last seen, or as it was at an event. */
export type NodeView = NodeObservation & { clusterId: string; downSince?: string | null };

/** As GraphQL tells it. Docker's nanoseconds are for nobody. */
const toMilliseconds = (time: string): string => new Date(time).toISOString();

const views = new WeakMap<SeenNode, NodeView>();

/** As long as a node is known to be the same, its view is the same object: what is made of it can be kept with it. */
export const nodeView = ({ id: clusterId }: Cluster, node: SeenNode): NodeView => {
  const known = views.get(node);
  if (known?.clusterId === clusterId) return known;
  const view = {
    ...node,
    joinedAt: toMilliseconds(node.joinedAt),
    updatedAt: toMilliseconds(node.updatedAt),
    clusterId,
  };
  views.set(node, view);
  return view;
};
