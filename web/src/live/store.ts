// What every page stands on: nodes, hosts, clusters and open operations, read once and kept up to date by events.
import type {
  ClusterPartsFragment,
  HostPartsFragment,
  NodePartsFragment,
  OperationPartsFragment,
} from '../../generated/documents.ts';

export type LiveNode = NodePartsFragment;
export type LiveHost = HostPartsFragment;
export type LiveCluster = ClusterPartsFragment;
export type LiveOperation = OperationPartsFragment;

/** Final states: nothing more happens. */
export const isFinal = ({ state }: { state: string }): boolean =>
  ['SUCCEEDED', 'FAILED', 'REFUSED', 'CANCELLED', 'UNRESOLVED'].includes(state);

/** What can be told to have changed. `resync`: everything may have. */
export type Topic =
  | 'node'
  | 'host'
  | 'cluster'
  | 'operation'
  | 'service'
  | 'network'
  | 'secret'
  | 'config'
  | 'drift'
  | 'audit';

/** One line of the overview's activity. */
export type Activity = {
  cursor: string;
  at: string;
  topic: 'node' | 'host' | 'cluster';
  kind: string;
  id: string;
  name: string;
  changes: readonly { path: string; old: unknown; new: unknown }[];
};

export type Link =
  | { state: 'connecting'; since: number }
  | { state: 'live'; since: number }
  | { state: 'reconnecting'; since: number };

export type Live = {
  nodes: ReadonlyMap<string, LiveNode>;
  hosts: ReadonlyMap<string, LiveHost>;
  clusters: ReadonlyMap<string, LiveCluster>;
  /** Open ones, and those that ended while the console was open. */
  operations: ReadonlyMap<string, LiveOperation>;
  /** Newest first. */
  activity: readonly Activity[];
  /** Counts up whenever the topic changed. */
  ticks: Readonly<Record<Topic, number>>;
  link: Link;
  isLoaded: boolean;
  /** Why the first read failed. */
  failure: string | null;
};

export const nothingYet = (): Live => ({
  nodes: new Map(),
  hosts: new Map(),
  clusters: new Map(),
  operations: new Map(),
  activity: [],
  ticks: {
    node: 0,
    host: 0,
    cluster: 0,
    operation: 0,
    service: 0,
    network: 0,
    secret: 0,
    config: 0,
    drift: 0,
    audit: 0,
  },
  link: { state: 'connecting', since: Date.now() },
  isLoaded: false,
  failure: null,
});

export type Store = {
  get(): Live;
  /** Several changes of one moment are published as one. */
  change(next: (live: Live) => Live): void;
  listen(listener: () => void): () => void;
};

/** Milliseconds that changes are gathered for before pages are told. */
const gatherMs = 16;

export const createStore = (): Store => {
  let published = nothingYet();
  let current = published;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<() => void>();
  const publish = (): void => {
    timer = undefined;
    published = current;
    for (const listener of listeners) listener();
  };
  return {
    get: () => published,
    change: (next) => {
      current = next(current);
      if (timer === undefined) timer = setTimeout(publish, gatherMs);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

export const replaced = <Value>(
  map: ReadonlyMap<string, Value>,
  id: string,
  value: Value | null,
): Map<string, Value> => {
  const next = new Map(map);
  if (value === null) next.delete(id);
  else next.set(id, value);
  return next;
};

export const ticked = (live: Live, ...topics: readonly Topic[]): Live['ticks'] => ({
  ...live.ticks,
  ...Object.fromEntries(topics.map((topic) => [topic, live.ticks[topic] + 1])),
});
