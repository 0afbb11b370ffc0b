// applyFleet: takes a cluster to what a fleet document says, by the mutations that are there, each an operation of its own.
import * as z from 'zod';
import type { Clusters } from '../clusters/registry.ts';
import type { ChangeNode } from '../nodes/change.ts';
import type { Action, Authorise, Run } from '../operations/action.ts';
import type { Operation, Target } from '../operations/operation.ts';
import type { Operations } from '../operations/operations.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import { scrub } from '../platform/secrets.ts';
import { carryStep, observeAll } from './carry.ts';
import { type Begun, requesterOf } from './child.ts';
import type { Declarations } from './declarations.ts';
import type { PlanFleet, Step } from './fleet-plan.ts';
import { judgeSteps } from './judge.ts';

export type ApplyFleetParts = {
  /** Late, for the door is built with its actions. */
  operations: () => Operations;
  authorise: Authorise;
  planFleet: PlanFleet;
  declarations: Declarations;
  clusters: Clusters;
  change: ChangeNode;
  clock: Clock;
};

const input = z.object({ document: z.string().min(1) });
type Input = z.infer<typeof input>;

export type ApplyPlan = {
  document: string;
  /** Null: there is no such cluster yet. */
  clusterId: string | null;
  /** Of the steps, in the order of the targets. */
  keys: string[];
  /** By key: those that a child was asked for, or was about to be. */
  begun: Record<string, Begun>;
};

/** Ids of the operations that an applyFleet has begun, in their order; of every other operation none. */
export const childrenOf = ({ action, plan }: Operation): string[] =>
  action === 'applyFleet' && plan != null
    ? Object.values((plan as ApplyPlan).begun).flatMap(({ id }) => id ?? [])
    : [];

/** Two applies of one cluster never run side by side; also before it exists, so it goes by the name. */
export const fleetLock = (clusterName: string): string => `fleet:${clusterName}`;

/** @throws Failure FORBIDDEN: it does what these allow. */
const checkRights = (
  { authorise }: ApplyFleetParts,
  actor: Parameters<Authorise>[0],
  clusterId: string | null,
  steps: readonly Step[],
): void => {
  const needed = [...new Set(steps.map(({ permission }) => permission))];
  const lacking = needed.filter((permission) => !authorise(actor, permission, clusterId));
  if (lacking.length > 0)
    throw new Failure(
      'FORBIDDEN',
      `applyFleet needs the permission ${lacking.join(', ')}, too, for this document`,
      'ask an admin',
    );
};

/** After one that failed, or a cancellation, no further step is begun: it may rest on that one. */
const skipRest = (run: Run): void => {
  const failed = run.operation.targets.find(({ state }) => state === 'FAILED' || state === 'UNKNOWN');
  for (const target of run.operation.targets) {
    if (target.state !== 'PENDING') continue;
    target.state = 'SKIPPED';
    target.failure = {
      code: failed ? 'NOT_BEGUN' : 'CANCELLED',
      message: failed ? `${failed.name} failed, so this one was not begun` : 'cancelled before it was begun',
      hint: null,
      retryable: false,
    };
  }
};

const isOnTheWay = (state: Target['state']): boolean =>
  state === 'PENDING' || state === 'RUNNING' || state === 'SUCCEEDED';

const carryAll = async (parts: ApplyFleetParts, run: Run, plan: ApplyPlan): Promise<void> => {
  const { targets } = run.operation;
  const isWorth = (): boolean => !run.cancel.aborted && targets.every(({ state }) => isOnTheWay(state));
  const tellProgress = (): void =>
    run.progress({
      done: targets.filter(({ state }) => state === 'SUCCEEDED').length,
      total: targets.length,
      unit: 'steps',
    });
  for (const [index, target] of targets.entries()) {
    // One that was begun before a restart is gone on with: its child is there.
    if (!isWorth() && target.state !== 'RUNNING') break;
    await run.carry(target, (one) => carryStep(parts, run, plan, plan.keys[index] ?? '', one));
    tellProgress();
  }
  skipRest(run);
};

export const applyFleetAction = (parts: ApplyFleetParts): Action<Input, ApplyPlan> => {
  const { planFleet } = parts;
  return {
    name: 'applyFleet',
    permission: 'fleet:apply',
    input,
    named: ({ document }) => [{ kind: 'CLUSTER', name: planFleet.parse(document).cluster }],
    resolve: async ({ document }, requester) => {
      if (scrub(document) !== document)
        throw new Failure(
          'BAD_USER_INPUT',
          'input.document has what looks like a token, a key or an enrolment',
          'leave it out: a fleet document is kept, and shown to whoever may read the cluster',
        );
      const parsed = planFleet.parse(document);
      if (!planFleet.knowsCluster(parsed, requester))
        throw new Failure('NOT_FOUND', `no cluster ${parsed.cluster}`, 'list clusters');
      const { clusterId, steps } = await planFleet.plan(parsed, requester);
      checkRights(parts, requester.actor, clusterId, steps);
      return {
        clusterId,
        plan: { document, clusterId, keys: steps.map(({ key }) => key), begun: {} },
        targets: steps.map(({ kind, id, mutation, name }) => ({ kind, id, name: `${mutation} ${name}` })),
        locks: [fleetLock(parts.clusters.find(clusterId ?? '')?.name ?? parsed.cluster)],
      };
    },
    reachable: async ({ clusterId }) => clusterId === null || parts.change.reachable(clusterId),
    judge: async ({ document }, operation) => {
      const now = await planFleet.plan(planFleet.parse(document), requesterOf(operation));
      return judgeSteps(parts.operations(), now, operation);
    },
    act: async (run, plan) => {
      await carryAll(parts, run, plan);
      if (run.operation.targets.some(({ state }) => state !== 'SUCCEEDED')) return;
      const clusterId = await observeAll(parts, run, plan);
      await run.step('declare', null, () =>
        parts.declarations.declare({
          clusterId,
          document: plan.document,
          operationId: run.operation.id,
          actor: run.operation.actor,
        }),
      );
    },
  };
};
