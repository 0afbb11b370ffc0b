// Two reads of the objects of a kind, compared: what is told, and what of it people set.

import { changesOf } from '../platform/changes.ts';
import type { Change } from '../platform/events.ts';
import { isSetPart } from '../services/swarm-service.ts';
import type { ObjectKind, Told } from './object.ts';

export type ObjectDifference =
  | { type: 'ADDED'; before: null; after: Told; changes: Change[] }
  | { type: 'UPDATED'; before: Told; after: Told; changes: Change[] }
  | { type: 'REMOVED'; before: Told; after: Told; changes: Change[] };

/** Moves with each write, and says nothing of its own. */
const saysNothing: ReadonlySet<string> = new Set(['version', 'updatedAt', 'clusterId', 'privileged']);

/** `labels.zone` is of `labels`. */
export const partOf = ({ path }: Change): string => path.split('.')[0] ?? path;

/** What a person sets, never what the managers say of it. The driver and subnets of a network are given by them later. */
export const isSetByPeople = (kind: ObjectKind, change: Change): boolean =>
  kind === 'SERVICE'
    ? isSetPart(partOf(change))
    : kind !== 'NETWORK' || !['driver', 'subnets', 'scope'].includes(partOf(change));

const digestKey = (told: Told | null): string => String(told?.envDigest ?? '').split(':')[0] ?? '';

/** Of an environment it is told that values changed, and not to what. */
const withoutDigests = (changes: Change[], before: Told | null, after: Told): Change[] =>
  changes.flatMap((change) => {
    if (change.path !== 'envDigest') return [change];
    const isOther = before !== null && digestKey(before) === digestKey(after);
    return isOther && !changes.some(({ path }) => path === 'env')
      ? [{ path: 'env', old: '[redacted]', new: '[redacted]' }]
      : [];
  });

const differing = (before: Told | null, after: Told): Change[] =>
  withoutDigests(
    changesOf(before, after).filter((change) => !saysNothing.has(partOf(change))),
    before,
    after,
  );

/** Who is missing has been removed. A read through a manager that lags takes nothing back: the higher version stands. */
export const compareObjects = (
  before: ReadonlyMap<string, Told>,
  seen: readonly Told[],
): { objects: Map<string, Told>; differences: ObjectDifference[] } => {
  const objects = new Map<string, Told>();
  const differences: ObjectDifference[] = [];
  for (const now of seen) {
    const old = before.get(now.id) ?? null;
    const after = old !== null && old.version > now.version ? old : now;
    objects.set(after.id, after);
    if (old === after) continue;
    const changes = differing(old, after);
    if (old === null) differences.push({ type: 'ADDED', before: null, after, changes });
    else if (changes.length > 0) differences.push({ type: 'UPDATED', before: old, after, changes });
  }
  for (const old of before.values())
    if (!objects.has(old.id)) differences.push({ type: 'REMOVED', before: old, after: old, changes: [] });
  return { objects, differences };
};
