// Whether a fleet document can be carried out: what is never changed in place, and what the steps that can be judged now say.
import { allClear, refused, type Verdict } from '../operations/action.ts';
import { type Guard, guardNames, type Operation, type Warning } from '../operations/operation.ts';
import type { Operations } from '../operations/operations.ts';
import { together } from '../operations/verdict.ts';
import { Failure } from '../platform/failure.ts';
import { requesterOf } from './child.ts';
import type { Difference, FleetPlan, Step } from './fleet-plan.ts';

const shown = (value: unknown): string => (value === null ? 'nothing' : JSON.stringify(value));
export const describeDifference = ({ kind, name, path, declared, actual }: Difference): string =>
  `${[kind, name, path].filter((part) => part !== '').join(' ')} is ${shown(actual)}, declared ${shown(declared)}`;

const mostTold = 10;
/** The first ten in words, and how many more. */
export const describeAll = (differences: readonly Difference[]): string => {
  const more = differences.length - mostTold;
  return (
    differences.slice(0, mostTold).map(describeDifference).join('; ') + (more > 0 ? `; and ${more} more` : '')
  );
};

/** Who is a member, and as what: later steps are about what these make. */
const makesMembers: ReadonlySet<string> = new Set([
  'initCluster',
  'joinHosts',
  'promoteNodes',
  'demoteNodes',
]);

/** Whether nothing before it changes what it would be judged by. */
const isJudgedNow = (step: Step, steps: readonly Step[]): boolean =>
  step.ready &&
  !steps.some(
    ({ stage, mutation }) =>
      stage < step.stage &&
      (makesMembers.has(mutation) || (step.kind === 'SERVICE' && mutation === 'createNetwork')),
  );

/**
 * Judges by the rules of the mutations that the steps use, on what is now. A step that depends on an earlier one is
 * judged when its turn comes: then it may be refused still.
 */
export const judgeSteps = async (
  operations: Operations,
  { steps, unchangeable }: FleetPlan,
  operation: Operation,
): Promise<Verdict> => {
  if (unchangeable.length > 0)
    return refused(
      new Failure(
        'FLEET_UNCHANGEABLE',
        describeAll(unchangeable),
        'change the document, or remove what is there and apply again',
      ),
    );
  const guards: Guard[] = [];
  const warnings: Warning[] = [];
  let refusal: Failure | null = null;
  for (const step of steps.filter((one) => isJudgedNow(one, steps))) {
    const { operation: child } = await operations.perform(requesterOf(operation), step.mutation, {
      ...step.input,
      dryRun: true,
      override: operation.overrides,
      reason: operation.reason,
    });
    guards.push(...child.guards);
    warnings.push(...child.warnings);
    const { failure } = child;
    if (failure && !guardNames.some((name) => name === failure.code))
      refusal ??= new Failure(
        failure.code,
        `${step.mutation} ${step.name}: ${failure.message}`,
        failure.hint,
      );
  }
  return { ...allClear, guards: together(guards), warnings, refusal };
};
