// Filtering and ordering nodes, in queries and in events alike.
import type { Availability, NodeRole, NodeState, Reachability } from '../clusters/observation.ts';
import type { NodeView } from './node.ts';

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
