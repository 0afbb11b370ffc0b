// Reading a JSON body the way each engine version does, with Go's words for what is wrong with it.
import { ApiError } from './api-error.ts';
import type { EngineProfile } from './engine-versions.ts';
import { isJsonObject, type JsonObject } from './json-fields.ts';

/** Where the first JSON value of a text ends; the text's length when it never closes. */
const endOfObject = (text: string): number => {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (quoted && letter === '\\') at += 1;
    else if (letter === '"') quoted = !quoted;
    else if (!quoted && letter === '{') depth += 1;
    else if (!quoted && letter === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
};

const invalidCharacter = (text: string): string => {
  if (!text.startsWith('{')) return `invalid character '${text.charAt(0)}' looking for beginning of value`;
  return `invalid character '${text.slice(1).trim().charAt(0)}' looking for beginning of object key string`;
};

/**
 * The object of a body.
 * @param goType - how Go calls what the endpoint expects, for its message on something else than an object
 * @throws ApiError 400
 */
export const parseBody = (profile: EngineProfile, body: string, goType: string): JsonObject => {
  const prefix = profile.strictBody ? 'invalid JSON: ' : '';
  const text = body.trim();
  if (text === '') {
    if (profile.strictBody) return {};
    throw new ApiError(400, 'got EOF while reading request body');
  }
  const end = text.startsWith('{') ? endOfObject(text) : text.length;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.slice(0, end));
  } catch {
    throw new ApiError(400, prefix + invalidCharacter(text));
  }
  if (end < text.length && profile.strictBody) throw new ApiError(400, 'unexpected content after JSON');
  if (isJsonObject(parsed)) return parsed;
  const kind = Array.isArray(parsed) ? 'array' : typeof parsed === 'boolean' ? 'bool' : typeof parsed;
  throw new ApiError(400, `${prefix}json: cannot unmarshal ${kind} into Go value of type ${goType}`);
};
