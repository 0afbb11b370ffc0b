// A refusal as an answer of HTTP, for what is asked beside GraphQL: in the form that GraphQL tells errors in.
import type { ServerResponse } from 'node:http';
import { Failure, failureInfo } from './failure.ts';
import type { Log } from './log.ts';

const statuses: Partial<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  RATE_LIMITED: 429,
};

/** @param what failed, in words, where it is a defect. */
export const answerFailure = (response: ServerResponse, error: unknown, what: string, log: Log): void => {
  if (!(error instanceof Failure)) log.error({ err: error }, `${what} failed unexpectedly`);
  const { code, message, hint, retryable } = failureInfo(error);
  const retryAfter = error instanceof Failure ? error.retryAfterSeconds : null;
  response
    .writeHead(statuses[code] ?? 500, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(retryAfter === null ? {} : { 'retry-after': String(retryAfter) }),
    })
    .end(JSON.stringify({ errors: [{ message, extensions: { code, hint, retryable } }] }));
};
