// Subscriptions over sockets: who is told the same is told together, and the protocol around it stays graphql-ws's.
import { type ExecutionArgs, type ExecutionResult, execute, type GraphQLFormattedError } from 'graphql';
import type { Context, Parts } from '../context.ts';
import { Failure } from '../platform/failure.ts';
import { type Cohort, type CohortParts, createCohort, type Member } from './cohort.ts';
import { type Asked, cohortKey } from './cohorts.ts';
import type { Outlet } from './outlet.ts';
import { createRightsOf } from './rights.ts';
import type { ChangeSource, Streamed } from './stream.ts';
import { createTurns } from './turns.ts';

type Joining = {
  /** Of the subscription, on its socket. */
  id: string;
  outlet: Outlet;
  source: ChangeSource;
  query: string;
  args: ExecutionArgs;
};

export type SharedSubscriptions = {
  /**
   * What graphql-ws waits for: it gives nothing until the end, which comes with why, if that is not the subscriber's own
   * wish. What is told of events goes to the outlet directly.
   */
  open(joining: Joining): AsyncIterableIterator<ExecutionResult>;
};

/** @param told what a caller is told of an error. */
export const createSharedSubscriptions = (
  { events: { reader }, apiKeys }: Pick<Parts, 'events' | 'apiKeys'>,
  told: (error: unknown) => GraphQLFormattedError,
): SharedSubscriptions => {
  const cohorts = new Map<string, Cohort>();
  const rightsOf = createRightsOf(apiKeys);
  const resultOf = (args: ExecutionArgs, rootValue: Streamed) => execute({ ...args, rootValue });
  const textOf = ({ errors, data }: ExecutionResult): string =>
    JSON.stringify(errors ? { errors: errors.map(told), data } : { data });
  const parts: CohortParts = {
    reader,
    turns: createTurns(),
    isValid: apiKeys.isValid,
    payloadOf: (args, event) => {
      const result = resultOf(args, event);
      return result instanceof Promise ? result.then(textOf) : textOf(result);
    },
  };

  let rung = false;
  reader.onCommitted(() => {
    if (rung || cohorts.size === 0) return;
    rung = true;
    // Not within the write that was committed: the next one would wait for all that is told now.
    setImmediate(() => {
      rung = false;
      for (const cohort of cohorts.values()) cohort.advance();
    });
  });

  const join = (key: string, member: Member): void => {
    const cohort = cohorts.get(key) ?? createCohort(parts);
    cohorts.set(key, cohort);
    cohort.join(member);
  };
  const leave = (key: string, member: Member): void => {
    const cohort = cohorts.get(key);
    cohort?.leave(member);
    if (cohort?.isEmpty()) cohorts.delete(key);
  };

  return {
    open: ({ id, outlet, source, query, args }) => {
      const { viewer } = args.contextValue as Context;
      const asked: Asked = {
        query,
        document: args.document,
        operationName: args.operationName,
        variables: args.variableValues,
      };
      const key = cohortKey(asked, rightsOf(viewer));
      const over = { done: true, value: undefined } as const;
      let state: 'new' | 'joined' | 'over' = 'new';
      let settle: (
        result: IteratorResult<ExecutionResult> | Promise<IteratorResult<ExecutionResult>>,
      ) => void = () => undefined;

      const stop = (
        result: IteratorResult<ExecutionResult> | Promise<IteratorResult<ExecutionResult>>,
      ): void => {
        if (state === 'joined') leave(key, member);
        state = 'over';
        settle(result);
      };
      /** As the stream's last item, which fails when it is put into words. */
      const end = (error: unknown): void => {
        if (state !== 'joined') return;
        if (error instanceof Failure)
          stop(Promise.resolve(resultOf(args, error)).then((value) => ({ done: false, value })));
        else stop(Promise.reject(error));
      };
      const member: Member = {
        id,
        outlet,
        source,
        args,
        keyId: viewer.id,
        seq: source.after == null ? reader.head() : reader.seqOf(source.after),
        end,
      };
      const iterator: AsyncIterableIterator<ExecutionResult> = {
        next: () => {
          if (state !== 'new') return Promise.resolve(over);
          state = 'joined';
          return new Promise((resolve) => {
            settle = resolve;
            join(key, member);
          });
        },
        return: () => {
          stop(over);
          return Promise.resolve(over);
        },
        [Symbol.asyncIterator]: () => iterator,
      };
      return iterator;
    },
  };
};
