// Filtering and ordering nodes, in queries and in events alike; the orders that are kept.
import { LRUCache } from 'lru-cache';
import type { Cluster } from '../clusters/cluster.ts';
import type { Availability, NodeRole, NodeState, Reachability } from '../clusters/observation.ts';
import { type Order, sortedBy } from '../platform/order.ts';
import { type NodeView, nodeView } from './node.ts';

export type NodeFilter = {
  clusters?: readonly string[] | null;
  ids?: readonly string[] | null;
  /** Part of hostname, id or address; case does not count. */
  text?: string | null;
  role?: readonly NodeRole[] | null;
  availability?: readonly Availability[] | null;
  state?: readonly NodeState[] | null;
  reachability?: readonly Reachability[] | null;
  /** All must be there; a null value: any value. */
  labels?: readonly { key: string; value?: string | null }[] | null;
};

/** What a filter looks at: a node as seen, or as an event tells of it. */
export type Filtered = Omit<NodeView, 'tlsInfo'>;

const within = <T>(wanted: readonly T[] | null | undefined, value: T): boolean =>
  wanted == null || wanted.includes(value);

export const nodeMatches = (filter: NodeFilter | null | undefined, node: Filtered): boolean => {
  if (!filter) return true;
  const text = filter.text?.toLowerCase();
  return (
    within(filter.clusters, node.clusterId) &&
    within(filter.ids, node.id) &&
    (text === undefined ||
      [node.id, node.hostname, node.status.address].some((part) => part.toLowerCase().includes(text))) &&
    within(filter.role, node.role) &&
    within(filter.availability, node.availability) &&
    within(filter.state, node.status.state) &&
    (filter.reachability == null ||
      (node.managerStatus !== null && filter.reachability.includes(node.managerStatus.reachability))) &&
    (filter.labels ?? []).every(
      ({ key, value }) => Object.hasOwn(node.labels, key) && (value == null || node.labels[key] === value),
    )
  );
};

export const nodeOrderFields = {
  HOSTNAME: (node: NodeView) => node.hostname,
  ID: (node: NodeView) => node.id,
  ROLE: (node: NodeView) => node.role,
  STATE: (node: NodeView) => node.status.state,
  AVAILABILITY: (node: NodeView) => node.availability,
  ENGINE_VERSION: (node: NodeView) => node.engineVersion,
  JOINED_AT: (node: NodeView) => node.joinedAt,
} as const;
export type NodeOrderField = keyof typeof nodeOrderFields;

/** Orders that are asked for, of the clusters that some scope has. */
const keptLists = 50;

export type SortedNodes = (
  clusters: readonly Cluster[],
  order: { field: NodeOrderField; descending: boolean },
) => { nodes: readonly NodeView[]; order: Order<NodeView> };

/**
 * All nodes of some clusters in order, kept until one of them changes. Then those that are the same stay in their order,
 * and the others find their places between them.
 */
export const createSortedNodes = (): SortedNodes => {
  const lists = new LRUCache<string, { of: readonly Cluster['nodes'][]; nodes: readonly NodeView[] }>({
    max: keptLists,
  });
  return (clusters, { field, descending }) => {
    const order = { keyOf: nodeOrderFields[field], descending };
    const of = clusters.map(({ nodes }) => nodes);
    const key = [field, descending, ...clusters.map(({ id }) => id)].join();
    const kept = lists.get(key);
    if (kept && of.every((nodes, index) => nodes === kept.of[index])) return { nodes: kept.nodes, order };
    const now = new Set(
      clusters.flatMap((cluster) => Array.from(cluster.nodes.values(), (node) => nodeView(cluster, node))),
    );
    // First what stays, in its order: a sort is fast where most is in order.
    const before = (kept?.nodes ?? []).filter((node) => now.delete(node));
    const nodes = sortedBy([...before, ...now], order);
    lists.set(key, { of, nodes });
    return { nodes, order };
  };
};
