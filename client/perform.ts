// A mutation until its operation is final, however long that takes, and with a refusal as an error.
import {
  type ASTNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  OperationTypeNode,
  print,
  visit,
} from 'graphql';
import { type ApiError, badInput, isAway, SkepError, SkepUnreachable } from './errors.ts';
import { pause, waitMs } from './pause.ts';
import type { Send } from './request.ts';
import { keyOf, type Root, rootOf, under } from './selection.ts';
import type { Subscribe } from './subscribe.ts';

const hint = 'select id state failure { code message hint retryable } of the operation';
const finalStates: readonly unknown[] = ['SUCCEEDED', 'FAILED', 'REFUSED', 'CANCELLED', 'UNRESOLVED'];

const endings = `subscription ($after: String) {
  operationChanged(after: $after, filter: { open: false }) { cursor operation { id } }
}`;

/** Where a mutation's answer has its operation: it is that, or has one. */
const operationIn = ({ field, below }: Root) => {
  const own = below(field, 'state') ? null : below(field, 'operation');
  const operation = own ?? field;
  const keys = (parent: FieldNode, ...names: string[]): string[] =>
    names.map((name) => {
      const found = below(parent, name);
      if (!found) throw badInput(`${field.name.value} does not select ${name} of its operation`, hint);
      return keyOf(found);
    });
  const [id = '', state = '', failure = ''] = keys(operation, 'id', 'state', 'failure');
  const failed = below(operation, 'failure');
  const [code = '', message = ''] = failed ? keys(failed, 'code', 'message') : [];
  const optional = (name: string): string => keyOf((failed && below(failed, name)) ?? operation);
  const requestId = below(operation, 'requestId');
  return {
    node: operation,
    path: own ? [keyOf(field), keyOf(own)] : [keyOf(field)],
    idOf: (answer: unknown) => under(answer, id),
    stateOf: (answer: unknown) => under(answer, state),
    errorOf: (answer: unknown): ApiError => {
      const why = under(answer, failure);
      const ended = String(under(answer, state));
      return {
        message: String(under(why, message) ?? `the operation is ${ended}`),
        extensions: {
          code: under(why, code) ?? ended,
          hint: under(why, optional('hint')),
          retryable: under(why, optional('retryable')),
          requestId: requestId ? under(answer, keyOf(requestId)) : null,
        },
      };
    },
  };
};

/** The same selection, asked for by id: with the fragments and variables that are in it, and no others. */
const questionFor = ({ document, operation }: Root, { selectionSet }: FieldNode): string => {
  if (!selectionSet) return '';
  const fragments = new Set<FragmentDefinitionNode>();
  const variables = new Set<string>();
  const collect = (part: ASTNode): void => {
    visit(part, {
      Variable: ({ name }) => void variables.add(name.value),
      FragmentSpread: ({ name }) => {
        const found = document.definitions.find(
          (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name.value,
        ) as FragmentDefinitionNode | undefined;
        if (!found || fragments.has(found)) return;
        fragments.add(found);
        collect(found);
      },
    });
  };
  collect(selectionSet);
  const declared = (operation.variableDefinitions ?? [])
    .filter(({ variable }) => variables.has(variable.name.value))
    .map((each) => `, ${print(each)}`)
    .join('');
  return [
    `query ($operationId: ID!${declared}) { operation(id: $operationId) ${print(selectionSet)} }`,
    ...[...fragments].map(print),
  ].join('\n');
};

/** A name for what is asked, by which the server knows it again; a dry run takes none. */
const named = (variables: Record<string, unknown>): Record<string, unknown> => {
  const { input } = variables;
  if (typeof input !== 'object' || input === null) return variables;
  const { idempotencyKey, dryRun } = input as Record<string, unknown>;
  if (idempotencyKey || dryRun) return variables;
  return { ...variables, input: { ...input, idempotencyKey: crypto.randomUUID() } };
};

export type Perform = (
  query: string,
  variables: Record<string, unknown>,
  signal: AbortSignal | undefined,
) => Promise<unknown>;

export const createPerform =
  ({ send, subscribe }: { send: Send; subscribe: Subscribe }): Perform =>
  async (query, variables, signal) => {
    const root = rootOf(query, OperationTypeNode.MUTATION, hint);
    const { path, node, idOf, stateOf, errorOf } = operationIn(root);
    const data = await send(query, named(variables), signal);
    let operation = path.reduce(under, data);

    /** It was taken and goes on: a server that is away is waited for. */
    const read = async (question: string, given?: object): Promise<unknown> => {
      for (let tries = 0; ; tries += 1) {
        try {
          return await send(question, given, signal);
        } catch (error) {
          if (!isAway(error)) throw error;
          await pause(waitMs(tries), signal);
          signal?.throwIfAborted();
        }
      }
    };
    const question = questionFor(root, node);
    const readAgain = async (): Promise<boolean> => {
      const answer = await read(question, { ...variables, operationId: idOf(operation) });
      operation = under(answer, 'operation') ?? operation;
      return finalStates.includes(stateOf(operation));
    };
    if (!finalStates.includes(stateOf(operation))) {
      // The cursor first: what ends between the two is told.
      const { eventCursor: after } = (await read('{ eventCursor }')) as { eventCursor: string };
      if (!(await readAgain()))
        for await (const event of subscribe(endings, {}, { after, signal })) {
          const { operation: ended } = under(event, 'operationChanged') as { operation: { id: string } };
          if (ended.id === idOf(operation) && (await readAgain())) break;
        }
      signal?.throwIfAborted();
      if (!finalStates.includes(stateOf(operation)))
        throw new SkepUnreachable('the client is closed', { retryable: false });
    }
    const whole = path.reduceRight((below: unknown, key, index) => {
      const around = path.slice(0, index).reduce(under, data);
      return { ...(around as object), [key]: below };
    }, operation);
    if (stateOf(operation) !== 'SUCCEEDED') throw new SkepError([errorOf(operation)], whole);
    return whole;
  };
