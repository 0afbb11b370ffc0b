// rollMaintenance: nodes of a cluster, some at a time, each drained, let go on, seen back and activated, never below quorum.
// https://docs.docker.com/engine/swarm/admin_guide/#maintain-the-quorum-of-managers
import type { z } from 'zod';
import { quorumNow, quorumOf } from '../clusters/quorum.ts';
import { presentNodes } from '../nodes/plan.ts';
import { impactOf } from '../nodes/role-rules.ts';
import { type Action, allClear, type Run, refused } from '../operations/action.ts';
import type { Target } from '../operations/operation.ts';
import { together } from '../operations/verdict.ts';
import { maintainOne } from './maintain.ts';
import type { MaintenanceParts } from './parts.ts';
import { type Input, input, type Plan } from './plan.ts';
import { isUnavailable, judgeTolerance, whyNever } from './rule.ts';
import { selectNodes } from './select.ts';
import { awaitTurn, resumedTurn, type Turn, whyEnd } from './turn.ts';

const skipRest = (run: Run): void => {
  const message = whyEnd(run);
  for (const target of run.operation.targets) {
    if (target.state !== 'PENDING' || message === null) continue;
    target.state = 'SKIPPED';
    target.failure = {
      code: run.cancel.aborted ? 'CANCELLED' : 'NOT_BEGUN',
      message,
      hint: null,
      retryable: false,
    };
  }
};

/**
 * Carries out several at once. The next turn is looked for once the node of the turn before is seen in drain, or has
 * ended: until then that one holds the lock by which no other drain of the cluster is judged on what is about to change.
 */
const roll = async (parts: MaintenanceParts, run: Run, plan: Plan): Promise<void> => {
  const works: Promise<void>[] = [];
  const tellProgress = (): void => {
    const { targets } = run.operation;
    const done = targets.filter(({ state }) => state === 'SUCCEEDED').length;
    run.progress({ done, total: targets.length, unit: 'nodes' });
  };
  /** Resolves when a further one may be looked for. */
  const start = ({ target, begin, release }: Turn): Promise<void> =>
    new Promise((resolve) => {
      const drained = (): void => {
        begin.drained();
        resolve();
      };
      const work = run
        .carry(target, (one: Target) => maintainOne(parts, run, plan, one, { ...begin, drained }))
        .finally(() => {
          drained();
          release();
        })
        .then(tellProgress);
      // It is waited for below; until then a stop of the server is nobody's unhandled rejection.
      work.catch(() => undefined);
      works.push(work);
    });
  tellProgress();
  const resumed: Promise<void>[] = [];
  for (const target of run.operation.targets) {
    const work = target.id === null ? undefined : plan.works[target.id];
    if (target.state !== 'RUNNING' || target.id === null || !work) continue;
    resumed.push(start(await resumedTurn(run, plan, target, target.id, work)));
  }
  try {
    await Promise.all(resumed);
    for (;;) {
      const turn = await awaitTurn(parts, run, plan);
      if (turn === null) break;
      await start(turn);
    }
    skipRest(run);
  } finally {
    await Promise.allSettled(works);
  }
  await Promise.all(works);
};

export const rollMaintenanceAction = (parts: MaintenanceParts): Action<Input, Plan> => ({
  name: 'rollMaintenance',
  permission: 'maintenance:run',
  input: input as z.ZodType<Input>,
  named: ({ nodes }) => (nodes ?? []).map((name) => ({ kind: 'NODE', name })),
  resolve: async (asked, requester) => selectNodes(parts, asked, requester),
  reachable: ({ clusterId }) => parts.change.reachable(clusterId),
  judge: async ({ clusterId, nodeIds }, operation) => {
    const { nodes, ...state } = await parts.change.readForRoles(clusterId);
    const targets = presentNodes({ ...state, nodes }, nodeIds);
    const never = whyNever(nodes, targets);
    if (never) return refused(never);
    const managers = targets.filter(({ role }) => role === 'MANAGER');
    const before = quorumNow(nodes);
    const { managers: all, reachable } = before;
    return {
      ...allClear,
      impact: impactOf(before, quorumOf(all, managers.length > 0 ? reachable - 1 : reachable)),
      guards: together(
        targets.flatMap((node) => [
          ...parts.guards.judge(operation, nodes, [node]),
          ...judgeTolerance(nodes, node),
        ]),
      ),
      warnings: targets.filter(isUnavailable).map(({ id, hostname, availability, status }) => ({
        code: 'ALREADY_UNAVAILABLE',
        message: `${hostname} is ${status.state} and ${availability}: it counts among those that may be out of use`,
        target: id,
      })),
    };
  },
  act: (run, plan) => roll(parts, run, plan),
});
