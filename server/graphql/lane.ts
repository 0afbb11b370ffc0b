// The lane before yoga: answers queries of the projection from kept answers or compiled, and leaves all else to it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GraphQLSchema, getOperationAST } from 'graphql';
import type { Asker, Parts } from '../context.ts';
import type { Admit, Operation } from './admit.ts';
import type { Asked } from './asked.ts';
import type { ReadDocument } from './document.ts';
import { createKeptAnswers } from './kept.ts';
import { createPlans, type Plan } from './plans.ts';

/** @returns whether it has answered; if not, nothing was done that yoga would have to know of. */
export type Lane = (asked: Asked, request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/**
 * What yoga answers with when this is accepted; whatever else may be accepted is for yoga to weigh.
 * https://graphql.github.io/graphql-over-http/draft/#sec-Accept
 */
const mediaTypes: ReadonlyMap<string, string> = new Map([
  ['*/*', 'application/json'],
  ['application/json', 'application/json'],
  ['application/graphql-response+json', 'application/graphql-response+json'],
  ['application/graphql-response+json, application/json', 'application/graphql-response+json'],
  ['application/json, application/graphql-response+json', 'application/json'],
]);
/** Longer documents are not remembered by those who read them. */
const longestQuery = 8_192;

/** `admitted`: what every request is looked at for anew, by the same rule as those that yoga answers. */
type Held = Plan & { admitted: Operation };

export const createLane = ({
  schema,
  parts: { clusters, events, holders },
  read,
  admit,
}: {
  schema: GraphQLSchema;
  parts: Pick<Parts, 'clusters' | 'events' | 'holders'>;
  read: ReadDocument;
  admit: Admit;
}): Lane => {
  const planOf = createPlans(schema);
  const answers = createKeptAnswers<Held>(holders);

  const versionOf = ({ ofEvents }: Plan): string =>
    ofEvents ? `${clusters.version()} ${events.head()}` : `${clusters.version()}`;
  /** Asked again for each answer: the key may have ended since it was presented. */
  const isAllowed = ({ permissions }: Plan, { requester }: Asker): boolean =>
    permissions.every((permission) => holders.authorise(requester.actor, permission));

  const heldOf = (asked: Asked): Held | null => {
    const { query, operationName, variables = {} } = asked.params();
    if (query.length > longestQuery) return null;
    const { document, errors } = read(query);
    const operation = errors.length === 0 ? getOperationAST(document, operationName) : undefined;
    const plan = operation ? planOf(document, operation, variables) : null;
    return plan === null ? null : { ...plan, admitted: { document, operationName, variables } };
  };

  const answerOf = async (asked: Asked): Promise<Buffer | null> => {
    const [asker, body] = [asked.asker(), asked.body()];
    const kept = answers.of(asker.viewer, body);
    const plan = kept?.plan ?? heldOf(asked);
    if (!plan) return null;
    // Of a query there is nothing to wait for: its cost is looked at.
    const admission = admit(plan.admitted, asker);
    if (admission) await admission;
    // From here on nothing waits: what is told is of one version, and to who is allowed it now.
    if (!isAllowed(plan, asker)) return null;
    const version = versionOf(plan);
    if (kept?.version === version) return kept.bytes;
    const data = plan.write(asked.context(), plan.variables);
    if (data === null) return null;
    const bytes = Buffer.from(`{"data":${data}}`);
    answers.keep(asker.viewer, body, { version, plan, bytes });
    return bytes;
  };

  return async (asked, { headers: { accept = '*/*' } }, response) => {
    const mediaType = mediaTypes.get(accept);
    if (!mediaType) return false;
    let bytes: Buffer | null = null;
    try {
      bytes = await answerOf(asked);
    } catch {
      // Whatever is wrong with it: yoga meets it too, and says so in its way.
    }
    if (!bytes) return false;
    response.writeHead(200, {
      'content-type': `${mediaType}; charset=utf-8`,
      'content-length': bytes.length,
    });
    response.end(bytes);
    return true;
  };
};
