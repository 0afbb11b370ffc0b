// Two observations of a cluster, compared: what becomes events, and what of it counts as somebody's change.
import { changesOf } from '../platform/changes.ts';
import type { Change } from '../platform/events.ts';
import type { Cluster, SeenNode } from './cluster.ts';
import type { NodeObservation, Observation } from './observation.ts';

export type NodeDifference =
  | { kind: 'ADDED'; before: null; after: SeenNode; changes: Change[] }
  | { kind: 'UPDATED'; before: SeenNode; after: SeenNode; changes: Change[] }
  | { kind: 'REMOVED'; before: SeenNode; after: SeenNode; changes: Change[] };

/** Moves with each write and says nothing of its own. */
const told = ({
  version: _,
  updatedAt: __,
  unexplained: ___,
  tlsInfo: ____,
  downSince: _____,
  hostId: ______,
  ...node
}: SeenNode) => node;

/** It has not been written since it became Down, when it is first seen so: then its last write is the latest that it can be. */
const downSince = (before: SeenNode | undefined, { status, updatedAt }: NodeObservation): string | null =>
  status.state !== 'DOWN' ? null : ((before?.status.state === 'DOWN' ? before.downSince : null) ?? updatedAt);

/** What a person sets: never status, leader, reachability or what the engine says of itself. */
export const isSetByPeople = ({ path }: Change): boolean =>
  path === 'role' || path === 'availability' || path === 'labels' || path.startsWith('labels.');

/**
 * A read through a manager that lags behind does not take anything back: the higher version stands. What no version
 * counts, the place in the raft group, is of the newest read.
 * @param isOld the node was read after this read had begun.
 */
const newer = (before: SeenNode | undefined, seen: NodeObservation, isOld = false): SeenNode => {
  if (before && before.version > seen.version)
    return isOld ? before : { ...before, managerStatus: seen.managerStatus, observedRole: seen.observedRole };
  return {
    ...seen,
    unexplained: before?.unexplained ?? false,
    downSince: downSince(before, seen),
    hostId: before?.hostId ?? null,
  };
};

const differenceOf = (old: SeenNode | undefined, after: SeenNode): NodeDifference[] => {
  if (!old) return [{ kind: 'ADDED', before: null, after, changes: [] }];
  const changes = changesOf(told(old), told(after));
  return changes.length > 0 ? [{ kind: 'UPDATED', before: old, after, changes }] : [];
};

/**
 * All nodes of a cluster: who is missing has been removed.
 * @param isOld whether the node was read alone after this list had begun to be read.
 */
export const compareNodes = (
  before: Cluster['nodes'],
  seen: readonly NodeObservation[],
  isOld: (nodeId: string) => boolean,
) => {
  const nodes = new Map(seen.map((node) => [node.id, newer(before.get(node.id), node, isOld(node.id))]));
  const differences = [...nodes.values()].flatMap((after) => differenceOf(before.get(after.id), after));
  for (const old of before.values())
    if (!nodes.has(old.id)) differences.push({ kind: 'REMOVED', before: old, after: old, changes: [] });
  return { nodes, differences };
};

/** Whether a read of this node alone has news: it is known, and was written since it was seen. */
export const isNews = ({ nodes }: Cluster, { id, version }: NodeObservation): boolean =>
  version > (nodes.get(id)?.version ?? Number.POSITIVE_INFINITY);

/** Whether nothing of it is new, or all: a place in the raft group that changed has no version to be ordered by. */
export const isOrdered = ({ nodes }: Cluster, seen: NodeObservation): boolean => {
  const old = nodes.get(seen.id);
  return (
    old !== undefined && (seen.version !== old.version || differenceOf(old, newer(old, seen)).length === 0)
  );
};

/** Some nodes, read each alone. Nothing is said of the others, nor by one that is not newer than what is known. */
export const compareSome = (cluster: Cluster, seen: readonly NodeObservation[]) => {
  const nodes = new Map(cluster.nodes);
  const differences: NodeDifference[] = [];
  for (const node of seen.filter((node) => isNews(cluster, node))) {
    const old = cluster.nodes.get(node.id);
    const after = newer(old, node);
    nodes.set(node.id, after);
    differences.push(...differenceOf(old, after));
  }
  return { nodes, differences };
};

/** What people set of the swarm itself: its spec, its tokens, its unlock key, its CA. */
export const compareSwarm = (before: Cluster['swarm'], { swarm }: Observation): Change[] => {
  if (!before) return [];
  const keyIsTold = before.unlockKeyDigest !== undefined && swarm.unlockKeyDigest !== undefined;
  const part = ({ spec, tokens, caDigest, unlockKeyDigest }: NonNullable<Cluster['swarm']>) => ({
    spec,
    joinTokens: tokens,
    unlockKey: keyIsTold ? unlockKeyDigest : null,
    caDigest,
  });
  return changesOf(part(before), part(swarm));
};
