// What stands in the way of an operation.
import { Failure } from '../platform/failure.ts';
import type { Trace } from '../platform/trace.ts';
import type { AnyAction, Verdict } from './action.ts';
import type { Guard, GuardName, Operation } from './operation.ts';

/** Why a verdict refuses: what cannot be done at all, or the guards that are not overridden; null: nothing. */
export const whyRefused = ({ refusal, guards }: Verdict, overrides: readonly GuardName[]): Failure | null => {
  if (refusal) return refusal;
  const standing = guards.filter(({ guard }) => !overrides.includes(guard));
  const first = standing[0];
  if (!first) return null;
  const names = standing.map(({ guard }) => guard).join(', ');
  return new Failure(
    first.guard,
    standing.map(({ message }) => message).join('; '),
    `if it is meant, repeat with override: [${names}] and a reason`,
  );
};

/** Judges on fresh state; the operation carries the guards, warnings and impact. @returns why it is refused, or null. */
const weigh = async (action: AnyAction, operation: Operation): Promise<Failure | null> => {
  try {
    const verdict = await action.judge(operation.plan, operation);
    operation.guards = [...verdict.guards];
    operation.warnings = [...verdict.warnings];
    operation.impact = verdict.impact;
    return whyRefused(verdict, operation.overrides);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error;
  }
};

/** The same, as a trace has it. */
export const judged = (trace: Trace, action: AnyAction, operation: Operation): Promise<Failure | null> =>
  trace('judge', {}, async (span) => {
    const refusal = await weigh(action, operation);
    if (refusal) span.fail(refusal.code);
    return refusal;
  });

/** Each guard once, with what it says each time that it trips. */
export const together = (guards: readonly Guard[]): Guard[] =>
  [...new Set(guards.map(({ guard }) => guard))].map((guard) => ({
    guard,
    message: [...new Set(guards.filter((each) => each.guard === guard).map(({ message }) => message))].join(
      '; ',
    ),
  }));
