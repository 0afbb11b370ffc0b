// What a caller is told of an error: a code and a sentence. Defects are masked and logged.
import { GraphQLError } from 'graphql';
import { Failure, failureInfo } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { scrub } from '../platform/secrets.ts';

const httpStatus: Partial<Record<string, number>> = { UNAUTHENTICATED: 401 };

/** A Failure in GraphQL's form. */
export const graphqlError = (failure: Failure): GraphQLError => {
  const { code, message, hint, retryable } = failureInfo(failure);
  const status = httpStatus[code];
  return new GraphQLError(message, {
    extensions: { code, hint, retryable, ...(status === undefined ? {} : { http: { status } }) },
  });
};

const failureIn = (error: unknown): Failure | null => {
  if (error instanceof Failure) return error;
  return error instanceof GraphQLError && error.originalError instanceof Failure ? error.originalError : null;
};

/** Told as it is: GraphQL's own complaints of a document, and our Failures. Everything else: INTERNAL, and logged. */
export const createMaskError =
  (log: Log) =>
  (error: unknown): GraphQLError => {
    const failure = failureIn(error);
    const place = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {};
    if (failure) {
      const told = graphqlError(failure);
      return new GraphQLError(told.message, { ...place, extensions: told.extensions });
    }
    if (error instanceof GraphQLError && !error.originalError) {
      // Yoga has codes of its own for what does not parse or validate; ours is one for bad input.
      const own = error.extensions.code;
      const code = typeof own === 'string' && !own.startsWith('GRAPHQL_') ? own : 'BAD_USER_INPUT';
      return new GraphQLError(scrub(error.message), { ...place, extensions: { ...error.extensions, code } });
    }
    // A scalar that did not take a value: graphql wraps what it threw.
    if (error instanceof GraphQLError && error.originalError instanceof GraphQLError)
      return new GraphQLError(scrub(error.message), { ...place, extensions: { code: 'BAD_USER_INPUT' } });
    log.error({ err: error }, 'a request failed unexpectedly');
    return new GraphQLError('a defect of Skep; the log has it', {
      ...place,
      extensions: { code: 'INTERNAL', retryable: false },
    });
  };
