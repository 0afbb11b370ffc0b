// A step of a fleet document, carried out as an operation of its own: begun once, found again by its key after a restart.
import { hash } from 'node:crypto';
import type { Requester } from '../audit/actor.ts';
import type { Run } from '../operations/action.ts';
import { isFinal, type Operation } from '../operations/operation.ts';
import type { Operations } from '../operations/operations.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure } from '../platform/failure.ts';
import type { Step } from './fleet-plan.ts';

/** What the parent keeps of a child before it asks for it: with which mutation, and its id once that is known. */
export type Begun = { mutation: string; id: string | null };

const lookEveryMs = 100;
/** As long as a mutation may wait, and so queue behind another one. */
const queueSeconds = 120;
const longestKey = 200;
const longestReason = 1_000;

export const requesterOf = ({ actor, requestId, sourceAddress }: Operation): Requester => ({
  actor,
  requestId,
  sourceAddress,
});

const keyOf = ({ id }: Operation, key: string): string => {
  const whole = `${id}:${key}`;
  return whole.length <= longestKey ? whole : `${id}:${hash('sha256', key)}`;
};

const reasonOf = ({ id, reason }: Operation): string =>
  (reason === null ? `fleet ${id}` : `fleet ${id}: ${reason}`).slice(0, longestReason);

/** The child that an earlier process, or an earlier try, asked for; null: it was never put on record. */
export const earlierChild = (
  operations: Operations,
  parent: Operation,
  key: string,
  { mutation }: Begun,
): Promise<Operation | null> => operations.byKey(parent.actor.id, mutation, keyOf(parent, key));

/** The parent's word for the guards that trip, and for no others. */
const overridesFor = async (operations: Operations, parent: Operation, step: Step): Promise<string[]> => {
  if (parent.overrides.length === 0) return [];
  const { operation } = await operations.perform(requesterOf(parent), step.mutation, {
    ...step.input,
    dryRun: true,
  });
  return parent.overrides.filter((name) => operation.guards.some(({ guard }) => guard === name));
};

/** @returns the child as soon as it is on record. @throws Failure what the door throws: it never came to be. */
export const beginChild = async (operations: Operations, run: Run, step: Step): Promise<Operation> => {
  const parent = run.operation;
  const idempotencyKey = keyOf(parent, step.key);
  const override = await overridesFor(operations, parent, step);
  const asked = operations
    .perform(requesterOf(parent), step.mutation, {
      ...step.input,
      reason: reasonOf(parent),
      idempotencyKey,
      override,
      waitSeconds: queueSeconds,
    })
    .then(({ operation }) => operation);
  const ended = new AbortController();
  const open = waitFor(
    async () => operations.open().find((one) => one.idempotencyKey === idempotencyKey) ?? null,
    { timeoutMs: Infinity, intervalMs: lookEveryMs, signal: AbortSignal.any([run.signal, ended.signal]) },
  );
  open.catch(() => undefined);
  asked.catch(() => undefined);
  try {
    // Whichever comes first: it is seen among the open ones, or it is over.
    const first = await Promise.race([asked, open]);
    return first ?? (await asked);
  } finally {
    ended.abort();
  }
};

/** Until the child is final; it is cancelled when its parent is. */
export const awaitChild = async (operations: Operations, run: Run, id: string): Promise<Operation> => {
  let isTold = false;
  const final = await waitFor(
    async () => {
      const child = await operations.find(id);
      if (!child || isFinal(child.state)) return child;
      if (run.cancel.aborted && !isTold) {
        isTold = true;
        await operations.cancel(id).catch((error: unknown) => {
          // It ends in this moment: the next look says how.
          if (!(error instanceof Failure)) throw error;
        });
      }
      return null;
    },
    { timeoutMs: Infinity, intervalMs: lookEveryMs, signal: run.signal },
  );
  if (!final) throw new Failure('OUTCOME_UNKNOWN', `operation ${id} is no longer known`, 'read the state');
  return final;
};

/** What the end of a child means for its parent's target; null: it is done. */
export const failureOfChild = ({ id, action, state, failure }: Operation): Failure | null => {
  if (state === 'SUCCEEDED') return null;
  const told = `${action} ${id} is ${state}${failure ? `: ${failure.message}` : ''}`;
  const hint = failure?.hint ?? 'read that operation, then apply again: what is done is not done twice';
  if (state === 'UNRESOLVED') return new Failure('OUTCOME_UNKNOWN', told, hint);
  return new Failure(failure?.code ?? 'CANCELLED', told, hint);
};
