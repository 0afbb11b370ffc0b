// setNodeAvailability: active, pause or drain; done when the manager shows it (drainNodes waits for the tasks, too).
// https://docs.docker.com/engine/swarm/manage-nodes/#change-node-availability
import * as z from 'zod';
import type { Availability, NodeObservation } from '../clusters/observation.ts';
import { type Action, allClear, type Verdict } from '../operations/action.ts';
import type { ChangeNode } from './change.ts';
import type { DrainGuards } from './drain-guards.ts';
import { type NodesPlan, namedNodes, nodesInput, presentNodes, resolveNodes } from './plan.ts';
import { previewDrain } from './preview.ts';
import type { FindNodes } from './reference.ts';
import type { ReadWorkload } from './workload.ts';

const input = nodesInput.extend({ availability: z.enum(['ACTIVE', 'PAUSE', 'DRAIN']) });
type Input = z.infer<typeof input>;
type Plan = NodesPlan & { availability: Availability };

export const engineAvailability = (availability: Availability): 'active' | 'pause' | 'drain' =>
  availability === 'ACTIVE' ? 'active' : availability === 'PAUSE' ? 'pause' : 'drain';

const takesTasks = ({ availability, status }: NodeObservation): boolean =>
  availability === 'ACTIVE' && status.state === 'READY';

/** @param leaving ids of nodes that others take away at the same time, or whose hosts have left: not counted on. */
export const judgeAvailability = (
  nodes: readonly NodeObservation[],
  targets: readonly NodeObservation[],
  wanted: Availability,
  leaving: ReadonlySet<string> = new Set(),
): Verdict => {
  if (wanted === 'ACTIVE') return allClear;
  const ids = new Set(targets.map(({ id }) => id));
  const before = nodes.filter(takesTasks);
  const after = before.filter(({ id }) => !ids.has(id) && !leaving.has(id));
  return {
    ...allClear,
    guards:
      before.some(({ id }) => ids.has(id)) && after.length === 0
        ? [
            {
              guard: 'LAST_ACTIVE_NODE',
              message: 'no Ready node would be ACTIVE: no task could be started anywhere',
            },
          ]
        : [],
  };
};

export const setNodeAvailabilityAction = ({
  find,
  change,
  guards,
  workload,
}: {
  find: FindNodes;
  change: ChangeNode;
  guards: DrainGuards;
  workload: ReadWorkload;
}): Action<Input, Plan> => ({
  name: 'setNodeAvailability',
  permission: 'node:availability',
  input: input as z.ZodType<Input>,
  named: namedNodes,
  // Two that take nodes away at once could each leave the other's as the last: those go one after the other.
  resolve: async ({ availability, ...nodes }, requester) =>
    resolveNodes(find, nodes, requester, { availability }, (cluster) =>
      availability === 'ACTIVE' ? [] : [`availability:${cluster}`],
    ),
  reachable: ({ clusterId }) => change.reachable(clusterId),
  judge: async ({ clusterId, nodeIds, availability }, operation) => {
    const state = await change.readForChange(clusterId);
    const targets = presentNodes(state, nodeIds);
    if (availability !== 'DRAIN')
      return judgeAvailability(state.nodes, targets, availability, guards.leaving(operation));
    const preview = await previewDrain(workload, clusterId, state.nodes, targets);
    return { ...allClear, ...preview, guards: guards.judge(operation, state.nodes, targets) };
  },
  act: (run, { clusterId, availability }) =>
    run.each(
      async (target) => {
        if (target.id === null) return;
        await change.apply(
          run,
          clusterId,
          target.id,
          { availability: engineAvailability(availability) },
          (node) => node.availability === availability,
        );
      },
      { parallel: true },
    ),
});
