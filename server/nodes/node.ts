// A node with its cluster, as queries and events tell of it.
import type { Cluster, SeenNode } from '../clusters/cluster.ts';
import type { NodeObservation } from '../clusters/observation.ts';

/** A node as last seen, or as it was at an event. */
export type NodeView = NodeObservation & { clusterId: string; downSince?: string | null };

export const nodeView = (cluster: Cluster, node: SeenNode): NodeView => ({ ...node, clusterId: cluster.id });
