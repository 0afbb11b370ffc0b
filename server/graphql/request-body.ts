// Reading a request's body: JSON, and nothing of it in what is said when it is not.

import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { z } from 'zod';

const refuse = (status: number, message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', retryable: false, http: { status } } });

const params = z.object({
  query: z.string().optional(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  extensions: z.record(z.string(), z.unknown()).nullish(),
});

/** Yoga's own parser puts a piece of the body into the error: whatever somebody sent by mistake would come back. */
const parse = async (request: Request): Promise<GraphQLParams> => {
  const body = await request.text();
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw refuse(400, 'the body is not JSON');
  }
  const parsed = params.safeParse(json);
  if (!parsed.success)
    throw refuse(
      400,
      `the body: ${parsed.error.issues[0]?.path.join('.') ?? ''} is not what GraphQL over HTTP asks for`,
    );
  const { query, operationName, variables, extensions } = parsed.data;
  return {
    ...(query === undefined ? {} : { query }),
    ...(operationName == null ? {} : { operationName }),
    ...(variables == null ? {} : { variables }),
    ...(extensions == null ? {} : { extensions }),
  };
};

/** POST takes JSON alone: forms and multipart, which a browser sends without asking, are refused with 415. */
export const jsonBody: Plugin = {
  onRequestParse: ({ request, setRequestParser }) => {
    if (request.method !== 'POST') return;
    const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
    if (type !== 'application/json') throw refuse(415, 'the body must be application/json');
    setRequestParser(parse);
  },
};
