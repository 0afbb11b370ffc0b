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

/** A read through a manager that lags behind does not take anything back: the higher version stands. */
const newer = (before: SeenNode | undefined, seen: NodeObservation): SeenNode => {
  if (before && before.version > seen.version)
    return { ...before, managerStatus: seen.managerStatus, observedRole: seen.observedRole };
  return {
    ...seen,
    unexplained: before?.unexplained ?? false,
    downSince: downSince(before, seen),
    hostId: before?.hostId ?? null,
  };
};

export const compareNodes = (before: Cluster['nodes'], seen: readonly NodeObservation[]) => {
  const nodes = new Map(seen.map((node) => [node.id, newer(before.get(node.id), node)]));
  const differences: NodeDifference[] = [];
  for (const after of nodes.values()) {
    const old = before.get(after.id);
    if (!old) differences.push({ kind: 'ADDED', before: null, after, changes: [] });
    else {
      const changes = changesOf(told(old), told(after));
      if (changes.length > 0) differences.push({ kind: 'UPDATED', before: old, after, changes });
    }
  }
  for (const old of before.values())
    if (!nodes.has(old.id)) differences.push({ kind: 'REMOVED', before: old, after: old, changes: [] });
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
