// Subscriptions over sockets: who is told the same is told together, and holds little of its own while it waits.
import { type ExecutionArgs, type ExecutionResult, execute, type GraphQLFormattedError } from 'graphql';
import type { Context, Parts } from '../context.ts';
import { Failure } from '../platform/failure.ts';
import { type Cohort, type CohortParts, createCohort, type Member, type Share } from './cohort.ts';
import { cohortKey } from './cohorts.ts';
import type { Outlet } from './outlet.ts';
import { createRightsOf } from './rights.ts';
import type { ChangeSource, Streamed } from './stream.ts';
import { createTurns } from './turns.ts';

/** A subscription that was let in. */
export type Subscribing = { source: ChangeSource; query: string; args: ExecutionArgs };

export type SharedSubscriptions = {
  /** @param id of the subscription, on its socket. What is told of events goes to the outlet directly. */
  open(id: string, outlet: Outlet, subscribing: Subscribing): Member;
  /** It is wanted no more. Again is as good as once. */
  close(member: Member): void;
};

type Group = Share & { readonly key: string; readonly cohort: Cohort; members: number };

/**
 * @param told what a caller is told of an error.
 * @param ended a member is told no more: its last result, or a defect. It has been closed.
 */
export const createSharedSubscriptions = (
  { events: { reader }, holders, tally }: Pick<Parts, 'events' | 'holders' | 'tally'>,
  told: (error: unknown) => GraphQLFormattedError,
  ended: (member: Member, last: ExecutionResult | Error) => void,
): SharedSubscriptions => {
  const cohorts = new Map<string, Cohort>();
  const groups = new Map<string, Group>();
  const rightsOf = createRightsOf(holders);
  const resultOf = (args: ExecutionArgs, rootValue: Streamed) => execute({ ...args, rootValue });
  const textOf = ({ errors, data }: ExecutionResult): string =>
    JSON.stringify(errors ? { errors: errors.map(told), data } : { data });

  const close = (member: Member): void => {
    const group = groups.get(member.share.name);
    if (!group?.cohort.leave(member)) return;
    tally.unsubscribed(group.source.topic);
    group.members -= 1;
    if (group.members === 0) groups.delete(group.name);
    if (group.cohort.isEmpty()) cohorts.delete(group.key);
  };

  /** The Failure as the stream's last item, which fails when it is put into words. */
  const end = (member: Member, error: unknown): void => {
    close(member);
    const asError = (defect: unknown): Error =>
      defect instanceof Error ? defect : new Error(String(defect));
    if (!(error instanceof Failure)) {
      ended(member, asError(error));
      return;
    }
    Promise.resolve(resultOf(member.share.args, error)).then(
      (result) => ended(member, result),
      (defect: unknown) => ended(member, asError(defect)),
    );
  };

  const parts: CohortParts = {
    reader,
    turns: createTurns(),
    isValid: holders.isValid,
    payloadOf: (args, event) => {
      const result = resultOf(args, event);
      return result instanceof Promise ? result.then(textOf) : textOf(result);
    },
    count: tally.told,
    end,
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

  const groupFor = ({ source, query, args }: Subscribing): Group => {
    const { viewer } = args.contextValue as Context;
    const { document, operationName, variableValues } = args;
    const asked = { query, document, operationName, variables: variableValues };
    const key = cohortKey(asked, rightsOf(viewer));
    const name = `${viewer.id} ${key}`;
    const found = groups.get(name);
    if (found) return found;
    const cohort = cohorts.get(key) ?? createCohort(parts);
    cohorts.set(key, cohort);
    const group: Group = { name, keyId: viewer.id, source, args, key, cohort, members: 0 };
    groups.set(name, group);
    return group;
  };

  return {
    open: (id, outlet, subscribing) => {
      const { after } = subscribing.source;
      const seq = after == null ? reader.head() : reader.seqOf(after);
      const group = groupFor(subscribing);
      const member: Member = { id, outlet, share: group, seq, unwait: null };
      tally.subscribed(group.source.topic);
      group.members += 1;
      group.cohort.join(member);
      return member;
    },
    close,
  };
};
