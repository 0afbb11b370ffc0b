// Query parameters as the engine reads them: versions, booleans, filters.
import { ApiError } from './api-error.ts';
import type { EngineProfile } from './engine-versions.ts';
import { isJsonObject } from './json-fields.ts';

/** @throws ApiError 400 in Go's words when `version` is no unsigned number */
export const parseVersion = (query: URLSearchParams, kind: string): number => {
  const text = query.get('version') ?? '';
  if (/^\d{1,20}$/.test(text)) return Number(text);
  throw new ApiError(
    400,
    `invalid ${kind} version '${text}': strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
};

/** moby's rule for booleans in a query: any text but these is true. */
export const parseFlag = (query: URLSearchParams, name: string): boolean =>
  !['', '0', 'no', 'false', 'none'].includes((query.get(name) ?? '').trim().toLowerCase());

/** Filters of a list: each name with its values (any of them may match). */
export type Filters = ReadonlyMap<string, readonly string[]>;

const invalidJson = (profile: EngineProfile, text: string): ApiError =>
  profile.strictBody
    ? new ApiError(400, 'invalid filter')
    : new ApiError(500, `invalid character '${text.charAt(0)}' looking for beginning of value`);

/**
 * Reads `filters`, both as `{"name":["v"]}` and as the old `{"name":{"v":true}}`.
 * @throws ApiError when it is not JSON, or has a name that is not among `known`
 */
export const parseFilters = (
  profile: EngineProfile,
  query: URLSearchParams,
  known: readonly string[] | 'any',
): Filters => {
  const text = query.get('filters') ?? '';
  const filters = new Map<string, string[]>();
  if (text === '') return filters;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalidJson(profile, text);
  }
  if (!isJsonObject(parsed)) throw invalidJson(profile, text);
  for (const [name, values] of Object.entries(parsed)) {
    if (known !== 'any' && !known.includes(name)) {
      throw new ApiError(400, `${profile.strictBody ? 'invalid' : 'Invalid'} filter '${name}'`);
    }
    const list = Array.isArray(values) ? values : isJsonObject(values) ? Object.keys(values) : [];
    filters.set(
      name,
      list.filter((value) => typeof value === 'string'),
    );
  }
  return filters;
};
