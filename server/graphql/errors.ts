// What a caller is told of an error: a code and a sentence. Defects are masked and logged.
import { GraphQLError } from 'graphql';
import { Failure, failureInfo } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { scrub } from '../platform/secrets.ts';

type Http = { status: number; headers?: Record<string, string> };

/** Yoga answers with this status and these headers, and does not show them in the body. */
const httpOf = ({ code, retryAfterSeconds }: Failure): Http | null => {
  if (code === 'UNAUTHENTICATED') return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
  if (code === 'RATE_LIMITED')
    return { status: 429, headers: { 'retry-after': `${retryAfterSeconds ?? 1}` } };
  return null;
};

/** A Failure in GraphQL's form. */
export const graphqlError = (failure: Failure): GraphQLError => {
  const { code, message, hint, retryable } = failureInfo(failure);
  const http = httpOf(failure);
  const { retryAfterSeconds } = failure;
  return new GraphQLError(message, {
    extensions: {
      code,
      hint,
      retryable,
      ...(retryAfterSeconds === null ? {} : { retryAfter: retryAfterSeconds }),
      ...(http === null ? {} : { http }),
    },
  });
};

const failureIn = (error: unknown): Failure | null => {
  if (error instanceof Failure) return error;
  return error instanceof GraphQLError && error.originalError instanceof Failure ? error.originalError : null;
};

const longestMessage = 500;
/**
 * GraphQL's own words, without the names that a wrong one resembles (they would spell the schema out), and without the
 * whole of a variable in which one value is wrong (it ends in logs, and may hold what is nobody's business).
 */
const told = (message: string): string => {
  const words = scrub(message)
    .replace(/ ?Did you mean [^?]*\?/g, '')
    .replace(/ got invalid value .*?( at "[^"]*")?; (?=[^;]*$)/s, ' got an invalid value$1: ');
  return words.length > longestMessage ? `${words.slice(0, longestMessage)}…` : words;
};

/** Told as it is: GraphQL's own complaints of a document, and our Failures. Everything else: INTERNAL, and logged. */
const createMask =
  (log: Log) =>
  (error: unknown): GraphQLError => {
    const failure = failureIn(error);
    const place = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {};
    if (failure) {
      const { message, extensions } = graphqlError(failure);
      return new GraphQLError(message, { ...place, extensions });
    }
    if (error instanceof GraphQLError && !error.originalError) {
      // Yoga has codes of its own for what does not parse or validate; ours is one for bad input.
      const own = error.extensions.code;
      const code = typeof own === 'string' && !own.startsWith('GRAPHQL_') ? own : 'BAD_USER_INPUT';
      const { source, positions } = error;
      // Of a syntax error: it has a position and no node.
      const where = error.nodes ? place : { source, positions, path: error.path };
      return new GraphQLError(told(error.message), { ...where, extensions: { ...error.extensions, code } });
    }
    // A scalar that did not take a value: graphql wraps what it threw.
    if (error instanceof GraphQLError && error.originalError instanceof GraphQLError)
      return new GraphQLError(told(error.message), { ...place, extensions: { code: 'BAD_USER_INPUT' } });
    log.error({ err: error }, 'a request failed unexpectedly');
    return new GraphQLError('a defect of Skep; the log has it', {
      ...place,
      extensions: { code: 'INTERNAL', retryable: false },
    });
  };

/** @param counted hears the code of each error that a caller is told of. */
export const createMaskError = (
  log: Log,
  counted: (code: string) => void,
): ((error: unknown) => GraphQLError) => {
  const mask = createMask(log);
  const masked = new WeakSet<GraphQLError>();
  return (error) => {
    // Yoga asks about what it was told itself.
    if (error instanceof GraphQLError && masked.has(error)) return error;
    const answer = mask(error);
    masked.add(answer);
    counted(String(answer.extensions.code));
    return answer;
  };
};

/** Over a socket there is no status to set: what is for HTTP only is left out. */
export const withoutHttp = (error: GraphQLError): GraphQLError => {
  const { http: _, ...extensions } = error.extensions;
  const { nodes, source, positions, path } = error;
  return new GraphQLError(error.message, { nodes, source, positions, path, extensions });
};
