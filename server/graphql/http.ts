// GraphQL over HTTP and SSE, by graphql-yoga. https://graphql.github.io/graphql-over-http/
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { Context, Parts } from '../context.ts';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { authenticate } from './authenticate.ts';
import { createMaskError, graphqlError } from './errors.ts';
import { oneMutationField } from './one-mutation.ts';
import { jsonBody } from './request-body.ts';
import { schema } from './schema.ts';

/** Of a request's body. */
export const maxBodyBytes = 262_144;

export type HttpContext = { req: IncomingMessage; res: ServerResponse };
export type Yoga = YogaServerInstance<HttpContext, Context>;

/** Our rule, and our codes for what any rule complains of: yoga masks what execution throws, not this. */
const validation = (mask: ReturnType<typeof createMaskError>): Plugin => ({
  onValidate: ({ addValidationRule }) => {
    addValidationRule(oneMutationField);
    return ({ valid, result, setResult }) => {
      if (!valid) setResult(result.map(mask));
    };
  },
});

/** @param development GraphiQL on; never in production. */
export const createHttp = ({
  parts,
  development,
  log,
}: {
  parts: Parts;
  development: boolean;
  log: Log;
}): Yoga => {
  const maskError = createMaskError(log);
  return createYoga<HttpContext, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    context: ({ req, request }) => {
      // Over a socket the context is made by websocket.ts, from the key that the connection presented.
      try {
        return authenticate(parts, request.headers.get('authorization'), parts.sourceOf(req));
      } catch (error) {
        throw error instanceof Failure ? graphqlError(error) : error;
      }
    },
    plugins: [jsonBody, validation(maskError)],
    maskedErrors: { isDev: false, maskError },
    graphiql: development,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: maxBodyBytes,
    logging: false,
  });
};
