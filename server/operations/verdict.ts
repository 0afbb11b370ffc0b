// What stands in the way of an operation.
import { Failure } from '../platform/failure.ts';
import type { AnyAction } from './action.ts';
import type { Operation } from './operation.ts';

/** Judges on fresh state; the operation carries the guards, warnings and impact. @returns why it is refused, or null. */
export const weigh = async (action: AnyAction, operation: Operation): Promise<Failure | null> => {
  try {
    const verdict = await action.judge(operation.plan, operation);
    operation.guards = [...verdict.guards];
    operation.warnings = [...verdict.warnings];
    operation.impact = verdict.impact;
    if (verdict.refusal) return verdict.refusal;
    const standing = verdict.guards.filter(({ guard }) => !operation.overrides.includes(guard));
    const first = standing[0];
    if (!first) return null;
    const names = standing.map(({ guard }) => guard).join(', ');
    return new Failure(
      first.guard,
      standing.map(({ message }) => message).join('; '),
      `if it is meant, repeat with override: [${names}] and a reason`,
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error;
  }
};
