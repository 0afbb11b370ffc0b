// One operation of a socket, from what was sent to what it gives: the same documents, rules and rights as over HTTP.
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { Parts } from '../context.ts';
import type { Admit } from './admit.ts';
import type { Authenticate } from './authenticate.ts';
import type { ReadDocument } from './document.ts';
import type { Presented } from './present.ts';
import { readParams } from './request-body.ts';
import { schema } from './schema.ts';
import type { Subscribing } from './shared-subscriptions.ts';
import { isChangeStream } from './stream.ts';

/** It was not run. */
type Refused = { errors: readonly GraphQLError[] };
export type Outcome = Refused | { result: ExecutionResult } | { subscribing: Subscribing };

export type Operate = (
  presented: Presented,
  sourceAddress: string | null,
  payload: unknown,
) => Promise<Outcome>;

export const createOperate = ({
  parts,
  authenticate,
  read,
  admit,
  told,
}: {
  parts: Parts;
  authenticate: Authenticate;
  read: ReadDocument;
  admit: Admit;
  told: (error: unknown) => GraphQLError;
}): Operate => {
  type Ready = { query: string; operation: OperationDefinitionNode; args: ExecutionArgs };
  /** @throws what refuses it. */
  const admitted = async (
    ...[presented, sourceAddress, payload]: Parameters<Operate>
  ): Promise<Ready | Refused> => {
    const asker = await authenticate(presented, sourceAddress);
    const { query, operationName, variables } = readParams(payload);
    const { document, errors } = read(query);
    if (errors.length > 0) return { errors: errors.map(told) };
    await admit({ document, operationName, variables }, asker);
    const operation = getOperationAST(document, operationName);
    if (!operation) return { errors: [told(new GraphQLError('Unable to identify operation'))] };
    const contextValue = { ...parts, ...asker };
    const args = { schema, document, operationName, variableValues: variables, contextValue };
    return { query, operation, args };
  };

  const operate: Operate = async (...asked) => {
    const ready = await admitted(...asked).catch((error: unknown): Refused => ({ errors: [told(error)] }));
    if ('errors' in ready) return ready;
    const { query, operation, args } = ready;
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return { result: await execute(args) };
    // The source, not its results: those are the same for many, and made once for all of them.
    const stream = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in stream)) return { result: stream };
    if (!isChangeStream(stream)) throw new Error('a subscription that is no stream of changes');
    return { subscribing: { source: stream.source, query, args } };
  };
  // A socket has no header for each operation: each begins a trace.
  return (...asked) => parts.requests.during({}, () => operate(...asked));
};
