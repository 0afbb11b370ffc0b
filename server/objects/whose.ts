// Whose a difference is: an operation's, the managers' own, or somebody's without Skep.

import { objectPath } from '../clusters/expect-objects.ts';
import { anyValue, type Explanation } from '../clusters/explain.ts';
import type { Change } from '../platform/events.ts';
import { isSetByPeople, type ObjectDifference, partOf } from './compare.ts';
import type { ObjectKind, Told } from './object.ts';

export type Whose = {
  operationId: string | null;
  /** What nobody of ours did, among what people set; empty: that it came or went. Null: nothing is external. */
  external: readonly Change[] | null;
};

type UpdateStatus = { state: string; message: string | null } | null;
const statusOf = ({ updateStatus }: Told): UpdateStatus => (updateStatus ?? null) as UpdateStatus;

/**
 * The managers write the earlier spec back when an update fails and its policy says so; by somebody's word their message is
 * another (swarmkit manager/orchestrator/update/updater.go, manager/controlapi/service.go).
 */
const isOfManagers = (before: Told, after: Told): boolean => {
  const now = statusOf(after);
  if (!now?.state.startsWith('rollback')) return false;
  const words = [statusOf(before), now].map((status) => status?.message ?? '');
  return !words.some((message) => message.includes('manually requested'));
};

/** A new cluster gets it from its managers, a moment after it is seen first. */
const isFirstIngress = (kind: ObjectKind, { ingress, name }: Told, clusterIsNew: boolean): boolean =>
  kind === 'NETWORK' && ingress === true && name === 'ingress' && clusterIsNew;

export const whoseIs = (
  kind: ObjectKind,
  { type, before, after, changes }: ObjectDifference,
  explanation: Explanation,
  clusterIsNew: boolean,
): Whose => {
  const find = (subjectId: string, part: string): string | null =>
    explanation.operationOf({ subjectId, path: objectPath(kind, part), old: null, new: anyValue });
  if (type !== 'UPDATED') {
    const operationId = type === 'ADDED' ? find(after.name, 'added') : find(after.id, 'removed');
    const isKnown = operationId !== null || isFirstIngress(kind, after, clusterIsNew);
    return { operationId, external: isKnown ? null : [] };
  }
  const rolledBack = kind === 'SERVICE' && isOfManagers(before, after);
  const operations = new Map<string, string | null>();
  const ownerOf = (part: string): string | null => {
    const known = operations.get(part);
    if (known !== undefined) return known;
    const found = find(after.id, part) ?? find(after.id, anyValue);
    operations.set(part, found);
    return found;
  };
  const set = changes.filter((change) => isSetByPeople(kind, change));
  const external = set.filter((change) => ownerOf(partOf(change)) === null && !rolledBack);
  const operationId = [...operations.values()].findLast((found) => found !== null) ?? null;
  return { operationId, external: external.length > 0 ? external : null };
};
