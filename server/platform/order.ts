// Lists in memory in order: by a key, ties broken by id.

/** What a list is sorted by. */
export type Order<T> = { keyOf: (item: T) => string | number; descending: boolean };

const compareKeys = (a: unknown, b: unknown): number => {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const left = String(a);
  const right = String(b);
  return left < right ? -1 : left > right ? 1 : 0;
};

/** Compares two pairs of key and id; ids ascend in either direction. */
export const comparing =
  (descending: boolean) =>
  (aKey: unknown, aId: unknown, bKey: unknown, bId: unknown): number =>
    aKey === bKey ? compareKeys(aId, bId) : (descending ? -1 : 1) * compareKeys(aKey, bKey);

/** Fast where most of it is in order already. */
export const sortedBy = <T extends { id: string }>(
  items: readonly T[],
  { keyOf, descending }: Order<T>,
): readonly T[] => {
  const compare = comparing(descending);
  return [...items].sort((a, b) => compare(keyOf(a), a.id, keyOf(b), b.id));
};
