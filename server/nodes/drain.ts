// drainNodes: sets nodes in drain and waits until each is empty; one after the other, so that few tasks move at once.
// https://docs.docker.com/engine/swarm/swarm-tutorial/drain-node/
import * as z from 'zod';
import type { Availability } from '../clusters/observation.ts';
import { type Action, allClear, type Run } from '../operations/action.ts';
import type { Target } from '../operations/operation.ts';
import { whyRefused } from '../operations/verdict.ts';
import { Failure } from '../platform/failure.ts';
import type { DrainGuards } from './drain-guards.ts';
import { awaitEmpty, type EmptyParts, restore, setDrain } from './empty.ts';
import { type NodesPlan, namedNodes, nodesInput, presentNodes, resolveNodes } from './plan.ts';
import { previewDrain } from './preview.ts';
import type { FindNodes } from './reference.ts';
import { hasNotEnded } from './tasks.ts';

export const deadlineSeconds = z
  .number()
  .int()
  .min(1)
  .max(86_400)
  .nullish()
  .transform((seconds) => seconds ?? 600);

const input = nodesInput.extend({
  deadlineSeconds,
  parallel: z
    .boolean()
    .nullish()
    .transform((parallel) => parallel ?? false),
});
type Input = z.infer<typeof input>;
type Plan = NodesPlan & {
  deadlineSeconds: number;
  parallel: boolean;
  /** What cancelling gives back: by node id, as of the judgement. */
  earlier: Record<string, Availability>;
};

export type DrainParts = EmptyParts & { find: FindNodes; guards: DrainGuards };

/** Tasks that have ended, of all that the nodes had when they were looked at first. */
export const createTaskProgress = (run: Run) => {
  const nodes = new Map<string, { had: number; left: number }>();
  return (nodeId: string, left: number): void => {
    const before = nodes.get(nodeId);
    nodes.set(nodeId, { had: Math.max(left, before?.had ?? 0), left });
    const all = [...nodes.values()];
    const total = all.reduce((sum, { had }) => sum + had, 0);
    const done = total - all.reduce((sum, node) => sum + node.left, 0);
    const { progress } = run.operation;
    if (progress?.done !== done || progress.total !== total) run.progress({ done, total, unit: 'tasks' });
  };
};

export const secondsAfter = (start: Date, seconds: number): Date =>
  new Date(start.getTime() + seconds * 1_000);

/** What a target says of a cancellation that came when it was in work. */
export const cancelledTarget = (target: Target, message: string): void => {
  target.state = 'SKIPPED';
  target.failure = { code: 'CANCELLED', message, hint: null, retryable: false };
};

export const drainNodesAction = (parts: DrainParts): Action<Input, Plan> => {
  const { change, workload, clock } = parts;

  const drainOne = async (
    run: Run,
    plan: Plan,
    target: Target,
    nodeId: string,
    progress: (nodeId: string, left: number) => void,
  ): Promise<void> => {
    const { clusterId } = plan;
    const earlier = plan.earlier[nodeId] ?? 'ACTIVE';
    const deadline = secondsAfter(run.operation.startedAt, plan.deadlineSeconds);
    const state = await change.readForChange(clusterId);
    const [node] = presentNodes(state, [nodeId]);
    const begun = run.resumed && node?.availability === 'DRAIN';
    if (!begun && clock.now() > deadline)
      throw new Failure(
        'DRAIN_DEADLINE',
        `the deadline passed before ${target.name} was begun: its availability is as it was`,
        'repeat with a longer deadline, or with parallel',
      );
    if (!run.cancel.aborted && !begun && node) {
      // Those before it took a while: the rule is applied to what is so now.
      const guards = parts.guards
        .judge(run.operation, state.nodes, [node])
        .filter(({ guard }) => guard === 'LAST_ACTIVE_NODE');
      const why = whyRefused({ ...allClear, guards }, run.operation.overrides);
      if (why) throw why;
      if (node.availability === 'DRAIN')
        run.warn({ code: 'ALREADY_DRAINED', message: `${target.name} was in drain already`, target: nodeId });
      else await setDrain(parts, run, clusterId, nodeId);
    }
    const emptied = await awaitEmpty(parts, run, clusterId, nodeId, deadline, (left) =>
      progress(nodeId, left),
    );
    if (emptied === 'EMPTY') return;
    if (earlier !== 'DRAIN') await restore(parts, run, clusterId, nodeId, earlier);
    cancelledTarget(target, `cancelled: ${target.name} is ${earlier} again`);
  };

  return {
    name: 'drainNodes',
    permission: 'node:availability',
    input: input as z.ZodType<Input>,
    named: namedNodes,
    resolve: async ({ deadlineSeconds: seconds, parallel, ...nodes }, requester) =>
      resolveNodes(parts.find, nodes, requester, {
        deadlineSeconds: seconds,
        parallel,
        earlier: {},
      }),
    reachable: ({ clusterId }) => change.reachable(clusterId),
    judge: async (plan, operation) => {
      const state = await change.readForChange(plan.clusterId);
      const targets = presentNodes(state, plan.nodeIds);
      // Under the locks of the nodes: nobody else of ours changes it from now on.
      plan.earlier = Object.fromEntries(targets.map(({ id, availability }) => [id, availability]));
      const preview = await previewDrain(workload, plan.clusterId, state.nodes, targets);
      const silent = targets
        .filter(({ status }) => status.state !== 'READY')
        .map(({ id, hostname, status }) => ({
          code: 'NODE_NOT_READY',
          message: `${hostname} is ${status.state}: its tasks are not seen to end before it is back`,
          target: id,
        }));
      return {
        ...allClear,
        impact: preview.impact,
        warnings: [...preview.warnings, ...silent],
        guards: parts.guards.judge(operation, state.nodes, targets),
      };
    },
    act: async (run, plan) => {
      const progress = createTaskProgress(run);
      // What is still to come counts, too.
      for (const { id, state } of run.operation.targets) {
        if (id === null || state !== 'PENDING') continue;
        const tasks = await workload.ofNode(plan.clusterId, id).catch(() => []);
        progress(id, tasks.filter(hasNotEnded).length);
      }
      await run.each(
        async (target) => {
          if (target.id !== null) await drainOne(run, plan, target, target.id, progress);
        },
        { parallel: plan.parallel },
      );
    },
  };
};
