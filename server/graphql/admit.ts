// The last look before an operation runs, on both transports: what it would cost, and how often its caller acts.
import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { createTake } from '../access/attempts.ts';
import type { Asker, Parts } from '../context.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import { costOf, mostCost } from './document-cost.ts';

export type RateLimits = { mutationsPerMinute: number; revealsPerHour: number };

/**
 * What nobody has to be asked about is admitted at once: nothing to wait for.
 * @throws Failure BAD_USER_INPUT, RATE_LIMITED, also by the promise
 */
export type Admit = (asked: Operation, asker: Asker) => Promise<void> | undefined;

export type Operation = {
  document: DocumentNode;
  operationName: string | null | undefined;
  variables: Readonly<Record<string, unknown>> | null | undefined;
};

export const createAdmit = (
  schema: GraphQLSchema,
  { denials, tally, requests }: Pick<Parts, 'denials' | 'tally' | 'requests'>,
  { mutationsPerMinute, revealsPerHour }: RateLimits,
): Admit => {
  const takeMutation = createTake({ most: mutationsPerMinute, seconds: 60, what: 'too many mutations' });
  const takeReveal = createTake({ most: revealsPerHour, seconds: 3_600, what: 'too many secrets were read' });

  /** Of the same asked again: the lane keeps what it was asked. */
  const costs = new WeakMap<object, { operation: OperationDefinitionNode; cost: number }>();
  const knownCostOf = (
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Readonly<Record<string, unknown>>,
  ): number => {
    const known = costs.get(variables);
    if (known?.operation === operation) return known.cost;
    const cost = costOf(schema, document, operation, variables);
    costs.set(variables, { operation, cost });
    return cost;
  };

  const count = async (action: string, requester: Asker['requester']): Promise<void> => {
    const { id } = requester.actor;
    try {
      await takeMutation(id);
      if (action.startsWith('reveal')) await takeReveal(id);
    } catch (error) {
      denials.note({ ...requester, action, failure: failureInfo(error) });
      throw error;
    }
  };

  return ({ document, operationName, variables }, { requester }) => {
    const operation = getOperationAST(document, operationName);
    // Several operations and no name: graphql says so itself.
    if (!operation) return;
    const cost = knownCostOf(document, operation, variables ?? {});
    if (cost > mostCost)
      throw new Failure(
        'BAD_USER_INPUT',
        `the document could cost ${cost}, of at most ${mostCost}: lists in lists multiply`,
        'ask for smaller pages (first), or for less of each',
      );
    const { operation: kind } = operation;
    const [root] = operation.selectionSet.selections;
    const field = root?.kind === Kind.FIELD ? root.name.value : kind;
    requests.asks(kind, field, requester.requestId);
    if (kind === OperationTypeNode.MUTATION) return count(field, requester).then(() => tally.request(kind));
    tally.request(kind);
  };
};
