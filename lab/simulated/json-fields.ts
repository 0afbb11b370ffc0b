// Reading fields of JSON that came over the wire.

/** A JSON object. */
export type JsonObject = Record<string, unknown>;

/** True for a JSON object (not null, not an array). */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object at `key`; empty when absent or something else. */
export const objectAt = (from: JsonObject, key: string): JsonObject => {
  const value = from[key];
  return isJsonObject(value) ? value : {};
};

/** The text at `key`; empty when absent or something else, like Go's zero value. */
export const textAt = (from: JsonObject, key: string): string => {
  const value = from[key];
  return typeof value === 'string' ? value : '';
};

/** The number at `key`; 0 when absent or something else, like Go's zero value. */
export const numberAt = (from: JsonObject, key: string): number => {
  const value = from[key];
  return typeof value === 'number' ? value : 0;
};

/** The texts of the list at `key`. */
export const textsAt = (from: JsonObject, key: string): string[] => {
  const value = from[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
};
