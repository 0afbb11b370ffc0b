// Carrying out one step of a fleet document: planned afresh, then a child operation, or nothing where it is so already.
import type { Run } from '../operations/action.ts';
import type { Target } from '../operations/operation.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import type { ApplyFleetParts, ApplyPlan } from './apply.ts';
import { awaitChild, type Begun, beginChild, earlierChild, failureOfChild, requesterOf } from './child.ts';
import type { FleetPlan } from './fleet-plan.ts';
import { describeAll } from './judge.ts';

type Parts = Pick<ApplyFleetParts, 'operations' | 'planFleet' | 'clock'>;

/** How long a manager may not answer: as after a change of roles, while another leader is elected. */
const readMs = 30_000;
/** How long the cluster has to show what its managers and engines have said yes to. */
const observeMs = 20_000;
const lookEveryMs = 500;

/** A plan of what is now. @throws Failure why it cannot be read, when that does not pass. */
export const planNow = async (
  { planFleet }: Parts,
  run: Run,
  { document }: ApplyPlan,
): Promise<FleetPlan> => {
  const parsed = planFleet.parse(document);
  let why: unknown = null;
  const plan = await waitFor(
    () =>
      planFleet.plan(parsed, requesterOf(run.operation)).catch((error: unknown) => {
        if (!(error instanceof Failure) || !failureInfo(error).retryable) throw error;
        why = error;
        return null;
      }),
    { timeoutMs: readMs, intervalMs: lookEveryMs, signal: run.signal },
  );
  if (!plan) throw why;
  run.operation.clusterId ??= plan.clusterId;
  return plan;
};

/** Kept before anything is asked for: after a restart its child is looked for. */
const begin = async (
  parts: Parts,
  run: Run,
  plan: ApplyPlan,
  key: string,
): Promise<{ begun: Begun; id: string } | null> => {
  const operations = parts.operations();
  const earlier = plan.begun[key];
  const found = earlier ? await earlierChild(operations, run.operation, key, earlier) : null;
  if (earlier && found) return { begun: earlier, id: found.id };
  const step = (await planNow(parts, run, plan)).steps.find((one) => one.key === key);
  if (!step) return null;
  if (!step.ready)
    throw new Failure(
      'NOT_OBSERVED',
      `${step.mutation} ${step.name} needs what the steps before were to make, and it is not seen`,
      'look at planFleet, then apply again',
    );
  const begun: Begun = { mutation: step.mutation, id: null };
  plan.begun[key] = begun;
  await run.keep();
  return { begun, id: (await beginChild(operations, run, step)).id };
};

export const carryStep = async (
  parts: Parts,
  run: Run,
  plan: ApplyPlan,
  key: string,
  target: Target,
): Promise<void> => {
  const child = await begin(parts, run, plan, key);
  if (!child) {
    run.skip(key, target.id, 'it is so already');
    return;
  }
  child.begun.id = child.id;
  await run.step(key, target.id, async (tell) => {
    tell(`operation ${child.id}`);
    const ended = await awaitChild(parts.operations(), run, child.id);
    const failure = failureOfChild(ended);
    if (!failure) return;
    if (run.cancel.aborted && ended.state === 'CANCELLED') {
      target.state = 'SKIPPED';
      target.failure = { ...failureInfo(failure), code: 'CANCELLED' };
      return;
    }
    throw failure;
  });
};

/**
 * Until a read shows no difference: that all steps succeeded is not enough to say so.
 * @returns the cluster's id. @throws Failure NOT_OBSERVED
 */
export const observeAll = (parts: Parts, run: Run, plan: ApplyPlan): Promise<string> =>
  run.step('observe', null, async () => {
    let last: FleetPlan | null = null;
    const clusterId = await waitFor(
      async () => {
        const began = parts.clock.now();
        last = await planNow(parts, run, plan);
        if (last.differences.length > 0 || last.clusterId === null) return null;
        run.observed(began);
        return last.clusterId;
      },
      { timeoutMs: observeMs, intervalMs: lookEveryMs, signal: run.signal },
    );
    if (clusterId !== null) return clusterId;
    const left = (last as FleetPlan | null)?.differences ?? [];
    throw new Failure(
      'NOT_OBSERVED',
      `it still differs: ${describeAll(left)}`,
      'look at planFleet, then apply again',
    );
  });
