// Reading a POST's body: JSON in UTF-8, of a bounded size and depth, and nothing of it in what is said when it is not.
import type { IncomingMessage } from 'node:http';
import { GraphQLError } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import * as z from 'zod';
import { readBytes } from '../platform/read-bytes.ts';

/** Of a request's body, and of a socket's message. */
export const maxBodyBytes = 262_144;
/** Of a request by POST of who may make secrets or configs: the largest config in base64, and what is around it. */
export const maxValueBodyBytes = 1_572_864;
/** Of objects and lists inside one another. */
const deepest = 32;

export const refuse = (status: number, message: string, headers?: Record<string, string>): GraphQLError =>
  new GraphQLError(message, {
    extensions: { code: 'BAD_USER_INPUT', retryable: false, http: { status, ...(headers && { headers }) } },
  });

const tooLarge = (most: number): GraphQLError => refuse(413, `the body is larger than ${most} bytes`);

/** Iterative: what is asked is whether a recursion would go too deep. */
const isDeeper = (value: unknown, than: number): boolean => {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > than) return true;
    level = level.flatMap((each) => (each !== null && typeof each === 'object' ? Object.values(each) : []));
  }
  return false;
};

const params = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  extensions: z.record(z.string(), z.unknown()).nullish(),
});

export type Params = GraphQLParams & { query: string };

/** What GraphQL over HTTP sends, and a subscribe message's payload. @throws GraphQLError with a status */
export const readParams = (json: unknown): Params => {
  if (Array.isArray(json)) throw refuse(400, 'the body is a list; batches are not taken');
  if (isDeeper(json, deepest)) throw refuse(400, `the body nests deeper than ${deepest}`);
  const parsed = params.safeParse(json);
  if (!parsed.success) {
    const place = parsed.error.issues[0]?.path.join('.') || 'the body';
    throw refuse(400, `${place} is not what GraphQL over HTTP asks for`);
  }
  const { query, operationName, variables, extensions } = parsed.data;
  return {
    query,
    ...(operationName == null ? {} : { operationName }),
    ...(variables == null ? {} : { variables }),
    ...(extensions == null ? {} : { extensions }),
  };
};

/**
 * Forms and multipart, which a browser sends to other sites without asking them, are refused, and so is what is
 * packed: 200 bytes can unpack to many megabytes.
 * @throws GraphQLError with the status 415
 */
const checkType = ({ headers }: IncomingMessage): void => {
  const [type, ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((each) => each.trim()).find((each) => each.startsWith('charset='));
  if (type?.trim() !== 'application/json') throw refuse(415, 'the body must be application/json');
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset))
    throw refuse(415, 'the body must be in UTF-8');
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') throw refuse(415, 'the body must not be compressed');
};

/** The bytes of a body that may be looked at. @throws GraphQLError with a status */
export const readBody = (request: IncomingMessage, most = maxBodyBytes): Promise<Buffer> => {
  checkType(request);
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge(most);
  return readBytes(request, most, {
    tooLarge: () => tooLarge(most),
    endedEarly: () => refuse(400, 'the body ended early'),
  });
};

/** @throws GraphQLError with a status */
export const paramsOf = (bytes: Buffer): Params => {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse(400, 'the body is not UTF-8');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw refuse(400, 'the body is not JSON');
  }
  return readParams(json);
};
