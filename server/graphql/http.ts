// GraphQL over HTTP and SSE, by graphql-yoga. https://graphql.github.io/graphql-over-http/
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DocumentNode, ExecutionArgs, GraphQLError } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Context, Parts } from '../context.ts';
import type { Log } from '../platform/log.ts';
import type { Admit } from './admit.ts';
import { type Asked, createAsk } from './asked.ts';
import type { Authenticate } from './authenticate.ts';
import type { ReadDocument } from './document.ts';
import { createMaskError } from './errors.ts';
import { createLane } from './lane.ts';
import type { Origins } from './origins.ts';
import type { Present } from './present.ts';
import { refuse } from './request-body.ts';
import { schema } from './schema.ts';
import type { SlowReaders } from './slow-readers.ts';

type Node = { req: IncomingMessage; res: ServerResponse; asked: Asked };
export type HttpEndpoint = (request: IncomingMessage, response: ServerResponse) => void;

/** Of every answer. https://owasp.org/www-project-secure-headers/ */
const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
} as const;
const nothingMayLoad = "default-src 'none'; frame-ancestors 'none'";

/** Who asks is known before anything that was sent is looked at; what was sent before it is run. */
const gate = ({
  read,
  admit,
  mask,
  contexts,
}: {
  read: ReadDocument;
  admit: Admit;
  mask: (error: unknown) => GraphQLError;
  contexts: WeakMap<Request, Context>;
}): Plugin<Context, Node> => {
  const errorsOf = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  const look = async ({
    document,
    operationName,
    variableValues,
    contextValue,
  }: ExecutionArgs): Promise<void> =>
    admit({ document, operationName, variables: variableValues }, contextValue as Context);
  return {
    onRequestParse: async ({ request, serverContext: { req, asked }, setRequestParser }) => {
      contexts.set(request, asked.context());
      if (req.method !== 'POST') throw refuse(405, 'GraphQL is asked by POST', { allow: 'POST' });
      setRequestParser(() => asked.params());
    },
    onParse: ({ setParseFn }) =>
      setParseFn((text: string) => {
        const { document, errors } = read(text);
        errorsOf.set(document, errors);
        return document;
      }),
    onValidate: ({ setValidationFn }) =>
      setValidationFn((_schema: unknown, document: DocumentNode) => (errorsOf.get(document) ?? []).map(mask)),
    onExecute: ({ args }) => look(args),
    onSubscribe: ({ args }) => look(args),
  };
};

/** @param development GraphiQL on; never in production. */
export const createHttp = ({
  parts,
  present,
  authenticate,
  read,
  admit,
  origins,
  slowReaders,
  development,
  log,
}: {
  parts: Parts;
  present: Present;
  authenticate: Authenticate;
  read: ReadDocument;
  admit: Admit;
  origins: Origins;
  slowReaders: SlowReaders;
  development: boolean;
  log: Log;
}): HttpEndpoint => {
  const mask = createMaskError(log, parts.tally.error);
  const contexts = new WeakMap<Request, Context>();
  const ask = createAsk({ present, authenticate, parts });
  const lane = createLane({ schema, parts, read, admit });
  const yoga = createYoga<Node, Context>({
    schema,
    graphqlEndpoint: '/graphql',
    context: ({ request }) => {
      const context = contexts.get(request);
      if (!context) throw new Error('a request that nobody authenticated');
      return context;
    },
    plugins: [gate({ read, admit, mask, contexts })],
    // Not by NODE_ENV, which is yoga's default: in development it shows what was thrown.
    maskedErrors: { isDev: false, maskError: mask },
    graphiql: development,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    parserAndValidationCache: false,
    // asked.ts has read the body, with a limit of its own.
    maxRequestBodySize: false,
    logging: false,
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = await ask(request);
    if (await lane(asked, request, response)) return;
    // Yoga makes a URL of them, and answers one that is none with a stack trace. Nothing here depends on either.
    request.headers.host = 'localhost';
    request.url = '/graphql';
    await yoga(request, response, { req: request, res: response, asked });
  };
  return (request, response) => {
    slowReaders.watch(request.socket);
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const isGraphiql = development && request.method === 'GET';
    if (!isGraphiql) response.setHeader('content-security-policy', nothingMayLoad);
    if (origins.answer(request, response)) return;
    parts.requests
      .during(request.headers, () => answer(request, response))
      .catch((error: unknown) => {
        log.error({ err: error }, 'a request could not be answered');
        response.destroy();
      });
  };
};
