// Pages of Relay connections: bounds that are refused, never clamped, and the slice that a page is.
// https://relay.dev/graphql/connections.htm
import { Failure } from '../platform/failure.ts';
import { comparing, type Order } from '../platform/order.ts';

type Edge<T> = { readonly cursor: string; readonly node: T };

export type Page<T> = {
  edges: Edge<T>[];
  pageInfo: {
    startCursor: string | null;
    endCursor: string | null;
    hasNextPage: boolean;
    hasPreviousPage: boolean;
  };
};

/** @throws Failure BAD_USER_INPUT outside 1 to `most`. */
export const pageSize = (name: 'first' | 'last', size: number, most: number): number => {
  if (size < 1 || size > most)
    throw new Failure(
      'BAD_USER_INPUT',
      `${name} is ${size}; it lies between 1 and ${most}`,
      'ask for more pages',
    );
  return size;
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw new Failure(
      'BAD_USER_INPUT',
      'this is not a cursor of this list',
      'take endCursor or startCursor from a page',
    );
  }
};

export const pageOf = <T>(
  items: readonly T[],
  cursorOf: (item: T) => string,
  more: { next: boolean; previous: boolean },
): Page<T> => {
  // Made when they are asked for: a page has many, and most questions select none.
  const ofEdge = {
    get cursor() {
      return cursorOf((this as Edge<T>).node);
    },
  };
  const edges = items.map((node): Edge<T> => Object.assign(Object.create(ofEdge), { node }));
  return {
    edges,
    pageInfo: {
      get startCursor() {
        return edges[0]?.cursor ?? null;
      },
      get endCursor() {
        return edges.at(-1)?.cursor ?? null;
      },
      hasNextPage: more.next,
      hasPreviousPage: more.previous,
    },
  };
};

/** A page of a list in memory that is in this order already. The cursor is key and id. */
export const pageOfSorted = <T extends { id: string }>(
  sorted: readonly T[],
  { first, after, keyOf, descending }: Order<T> & { first: number; after: string | null | undefined },
): Page<T> => {
  const compare = comparing(descending);
  let start = 0;
  if (after != null) {
    const at = decode(after);
    if (!Array.isArray(at) || at.length !== 2)
      throw new Failure('BAD_USER_INPUT', 'this is not a cursor of this list', 'take endCursor from a page');
    start = sorted.findIndex((item) => compare(keyOf(item), item.id, at[0], at[1]) > 0);
    if (start === -1) start = sorted.length;
  }
  const page = sorted.slice(start, start + first);
  return pageOf(page, (item) => encode([keyOf(item), item.id]), {
    next: start + first < sorted.length,
    previous: start > 0,
  });
};

export type KeysetArgs = {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
};

/**
 * A page of a table in descending order of a key, read by keyset: no offsets, no counts.
 * @param read rows with keys between the bounds (exclusive), in the given order, at most `take`.
 */
export const keysetPage = async <T, Key extends string | number>(
  { first, after, last, before }: KeysetArgs,
  most: number,
  keyOf: (item: T) => Key,
  isKey: (value: unknown) => value is Key,
  read: (range: {
    above: Key | null;
    below: Key | null;
    order: 'asc' | 'desc';
    take: number;
  }) => Promise<T[]>,
): Promise<Page<T>> => {
  if (first != null && last != null)
    throw new Failure('BAD_USER_INPUT', 'first and last are given', 'leave one out');
  const key = (cursor: string | null | undefined): Key | null => {
    if (cursor == null) return null;
    const value = decode(cursor);
    if (!isKey(value))
      throw new Failure(
        'BAD_USER_INPUT',
        'this is not a cursor of this list',
        'take endCursor or startCursor from a page',
      );
    return value;
  };
  const backwards = last != null;
  const size = pageSize(backwards ? 'last' : 'first', last ?? first ?? 50, most);
  // Newest first: what comes after a cursor has a smaller key.
  const range = { below: key(after), above: key(before) };
  const rows = await read({ ...range, order: backwards ? 'asc' : 'desc', take: size + 1 });
  const more = rows.length > size;
  const items = rows.slice(0, size);
  if (backwards) items.reverse();
  return pageOf(items, (item) => encode(keyOf(item)), {
    next: backwards ? before != null : more,
    previous: backwards ? more : after != null,
  });
};
