// Drift: what differs from the declaration, and how two looks at it differ from one another.
import { isDeepStrictEqual } from 'node:util';
import type { Change } from '../platform/events.ts';
import type { Difference } from './fleet-plan.ts';

export type Drift = { differences: readonly Difference[] /** Null: none. */; since: Date | null };

/** Which value it is of: the same one in two looks has the same. */
const subjectOf = ({ kind, name, path }: Difference): string =>
  [kind, name, path].filter((part) => part !== '').join(' ');

const bySubject = (differences: readonly Difference[]): Map<string, Difference> =>
  new Map(differences.map((difference) => [subjectOf(difference), difference]));

/** Those that are in `here` and not in `there`, or with another value. */
export const notIn = (here: readonly Difference[], there: readonly Difference[]): Difference[] => {
  const others = bySubject(there);
  return here.filter((difference) => {
    const other = others.get(subjectOf(difference));
    return (
      !other ||
      !isDeepStrictEqual(other.actual, difference.actual) ||
      !isDeepStrictEqual(other.declared, difference.declared)
    );
  });
};

/** What changed from one look to the next, value by value: one that drifts was as declared, one that ends is so again. */
export const driftChanges = (before: readonly Difference[], after: readonly Difference[]): Change[] => {
  const [olds, news] = [bySubject(before), bySubject(after)];
  const gone = before.filter((difference) => !news.has(subjectOf(difference)));
  return [
    ...notIn(after, before).map((difference) => ({
      path: subjectOf(difference),
      old: (olds.get(subjectOf(difference)) ?? { actual: difference.declared }).actual,
      new: difference.actual,
    })),
    ...gone.map((difference) => ({
      path: subjectOf(difference),
      old: difference.actual,
      new: difference.declared,
    })),
  ];
};
