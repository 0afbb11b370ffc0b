// The difference of two things, value by value.
import { isDeepStrictEqual } from 'node:util';
import type { Change } from './events.ts';

const parts = (value: unknown): [string, unknown][] | null =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : null;

/**
 * Each value that differs, by path: `role`, `labels.zone`, `status.state`. Lists are values. A part of a map that
 * is not there is null. An absent side (null) makes every value of the other one a change.
 */
export const changesOf = (before: unknown, after: unknown, path = ''): Change[] => {
  if (isDeepStrictEqual(before, after)) return [];
  const old = parts(before ?? {});
  const now = parts(after ?? {});
  if (old === null || now === null) return [{ path, old: before ?? null, new: after ?? null }];
  const olds = new Map(old);
  const news = new Map(now);
  if (
    path !== '' &&
    (before === null || after === null || olds.size === 0 || news.size === 0) &&
    olds.size + news.size === 0
  )
    return [{ path, old: before ?? null, new: after ?? null }];
  return [...new Set([...olds.keys(), ...news.keys()])].flatMap((key) =>
    changesOf(olds.get(key) ?? null, news.get(key) ?? null, path === '' ? key : `${path}.${key}`),
  );
};
