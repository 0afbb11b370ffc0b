// Promoting and demoting nodes. The raft rule itself is in clusters/quorum.ts.
// https://docs.docker.com/engine/swarm/manage-nodes/#promote-or-demote-a-node
import type { z } from 'zod';
import type { Managers } from '../clusters/managers.ts';
import type { NodeObservation } from '../clusters/observation.ts';
import { isReachable, type Quorum, quorumNow, quorumWith, quorumWithout } from '../clusters/quorum.ts';
import { type Action, allClear, type Run, refused, type Verdict } from '../operations/action.ts';
import type { Guard, Impact, Target, Warning } from '../operations/operation.ts';
import { Failure } from '../platform/failure.ts';
import type { ChangeNode } from './change.ts';
import {
  type NodesInput,
  type NodesPlan,
  namedNodes,
  nodesInput,
  presentNodes,
  resolveNodes,
} from './plan.ts';
import type { FindNodes } from './reference.ts';
import type { Settle } from './settle.ts';

/** A node whose engine has not followed its demotion yet takes about 32 seconds to become a manager again (measured). */
const promotionMs = 75_000;
const demotionMs = 45_000;
const slowMs = 5_000;

export const noImpact: Impact = {
  managersBefore: null,
  managersAfter: null,
  reachableAfter: null,
  toleratesBefore: null,
  toleratesAfter: null,
  tasksMoving: null,
  servicesWithGap: null,
  unplaceable: null,
  standaloneContainers: null,
};

/** What a change of the managers means in numbers. */
export const impactOf = (before: Quorum, after: Quorum): Impact => ({
  ...noImpact,
  managersBefore: before.managers,
  managersAfter: after.managers,
  reachableAfter: after.reachable,
  toleratesBefore: before.tolerates,
  toleratesAfter: after.tolerates,
});

const evenOrMany = ({ managers }: Quorum): Warning[] => [
  ...(managers > 0 && managers % 2 === 0
    ? [
        {
          code: 'EVEN_MANAGERS',
          message: `${managers} managers tolerate no more failures than ${managers - 1}`,
          target: null,
        },
      ]
    : []),
  ...(managers > 7
    ? [
        {
          code: 'MANY_MANAGERS',
          message: `${managers} managers slow each write down; Docker advises at most seven`,
          target: null,
        },
      ]
    : []),
];

export const judgePromotion = (
  nodes: readonly NodeObservation[],
  targets: readonly NodeObservation[],
): Verdict => {
  const notReady = targets.find(({ status, role }) => status.state !== 'READY' && role === 'WORKER');
  if (notReady)
    return refused(
      new Failure(
        'NODE_NOT_READY',
        `node ${notReady.hostname} is ${notReady.status.state}, not READY`,
        'bring it back first',
      ),
    );
  const after = quorumWith(nodes, new Set(targets.map(({ id }) => id)));
  return { ...allClear, warnings: evenOrMany(after), impact: impactOf(quorumNow(nodes), after) };
};

/** The unreachable first, for it gives tolerance back; the leader last, for it moves the leadership. */
export const demotionOrder = (targets: readonly NodeObservation[]): NodeObservation[] => {
  const rank = (node: NodeObservation): number =>
    !isReachable(node) ? 0 : node.managerStatus?.leader ? 2 : 1;
  return [...targets].sort((a, b) => rank(a) - rank(b));
};

export const judgeDemotion = (
  nodes: readonly NodeObservation[],
  targets: readonly NodeObservation[],
): Verdict => {
  const managers = targets.filter(({ role, managerStatus }) => role === 'MANAGER' || managerStatus !== null);
  const before = quorumNow(nodes);
  if (managers.length === 0) return { ...allClear, impact: impactOf(before, before) };
  if (managers.length >= before.managers)
    return refused(
      new Failure('LAST_MANAGER', 'no manager would be left', 'keep one, or dissolve the cluster'),
    );
  const gone = new Set<string>();
  for (const node of demotionOrder(managers)) {
    gone.add(node.id);
    const then = quorumWithout(nodes, gone);
    if (then.tolerates < 0)
      return refused(
        new Failure(
          'WOULD_LOSE_QUORUM',
          `without ${node.hostname} only ${then.reachable} of ${then.managers} managers would be reachable, ${then.needed} are needed`,
          'bring the unreachable managers back first',
        ),
      );
  }
  const after = quorumWithout(nodes, gone);
  const guards: Guard[] = [];
  if (before.tolerates >= 1 && after.tolerates < 1)
    guards.push({
      guard: 'NO_FAULT_TOLERANCE',
      message: `${before.managers} managers tolerate the loss of ${before.tolerates}; ${after.managers} would tolerate none`,
    });
  const lost = nodes.filter(
    (node) => node.managerStatus !== null && !isReachable(node) && !gone.has(node.id),
  );
  if (lost.length > 0 && managers.some(isReachable))
    guards.push({
      guard: 'UNREACHABLE_MANAGER',
      message: `manager ${lost.map(({ hostname }) => hostname).join(', ')} is unreachable, and fewer reachable ones would be left`,
    });
  const leader = managers.find(({ managerStatus }) => managerStatus?.leader);
  const warnings = evenOrMany(after);
  if (leader)
    warnings.push({
      code: 'LEADER_MOVES',
      message: `${leader.hostname} leads; the leadership moves first and calls may wait for up to a second`,
      target: leader.id,
    });
  return { guards, warnings, impact: impactOf(before, after), refusal: null };
};

type Parts = { find: FindNodes; change: ChangeNode; managers: Managers; settle: Settle };

const roleLock = (clusterId: string): readonly string[] => [`role:${clusterId}`];

/** Puts the operation's targets in the order of acting. */
const inOrder = (run: Run, ids: readonly string[]): void => {
  run.operation.targets.sort((a, b) => ids.indexOf(a.id ?? '') - ids.indexOf(b.id ?? ''));
};

/** Makes one node a manager, and waits until it is a reachable member of the raft group and knows it itself. */
const promoteOne = async (
  { change, settle }: Omit<Parts, 'find'>,
  run: Run,
  clusterId: string,
  nodeId: string,
): Promise<void> => {
  await settle.demotion(run, nodeId);
  const began = performance.now();
  await change.apply(
    run,
    clusterId,
    nodeId,
    { role: 'manager' },
    (node) => node.role === 'MANAGER' && isReachable(node),
    promotionMs,
    settle.stuckPromotion(nodeId),
  );
  if (!(await settle.control(run, nodeId, true)))
    run.warn({
      code: 'CONTROL_PENDING',
      message: 'the managers count it, but its own engine does not act as a manager yet: look at its log',
      target: nodeId,
    });
  if (performance.now() - began > slowMs)
    run.warn({
      code: 'SLOW_PROMOTION',
      message:
        'the raft group took its time: up to 7 seconds for the first write after going from one manager to two, half a minute for a node that was demoted a few seconds ago',
      target: nodeId,
    });
};

/**
 * Makes one node a worker, through another manager, and waits until it has left the raft group and its own engine knows.
 * @param target whose step the last wait is. @default the node
 * @returns whether its engine gave its control up in time.
 */
export const demoteOne = async (
  { change, managers, settle }: Omit<Parts, 'find'>,
  run: Run,
  clusterId: string,
  nodeId: string,
  target = nodeId,
): Promise<boolean> => {
  const release = managers.avoid(nodeId);
  try {
    await change.apply(
      run,
      clusterId,
      nodeId,
      { role: 'worker' },
      (node) => node.role === 'WORKER' && node.managerStatus === null,
      demotionMs,
    );
  } finally {
    release();
  }
  return settle.control(run, nodeId, false, target);
};

const alreadySo = (run: Run, target: Target, what: string): void =>
  run.warn({
    code: `ALREADY_${what}`,
    message: `${target.name} is a ${what.toLowerCase()} already`,
    target: target.id,
  });

export const promoteNodesAction = (parts: Parts): Action<NodesInput, NodesPlan> => ({
  name: 'promoteNodes',
  permission: 'node:promote',
  input: nodesInput as z.ZodType<NodesInput>,
  named: namedNodes,
  resolve: async (input, requester) => resolveNodes(parts.find, input, requester, {}, roleLock),
  reachable: ({ clusterId }) => parts.change.reachable(clusterId),
  judge: async ({ clusterId, nodeIds }) => {
    const state = await parts.change.readForChange(clusterId);
    return judgePromotion(state.nodes, presentNodes(state, nodeIds));
  },
  act: (run, { clusterId }) =>
    run.each(async (target) => {
      if (target.id === null) return;
      const id = target.id;
      const state = await parts.change.readForChange(clusterId);
      const [node] = presentNodes(state, [id]);
      if (node?.role === 'MANAGER' && isReachable(node)) {
        if (!run.resumed) alreadySo(run, target, 'MANAGER');
        run.observed(state.began);
      } else await promoteOne(parts, run, clusterId, id);
    }),
});

export const demoteNodesAction = (parts: Parts): Action<NodesInput, NodesPlan> => ({
  name: 'demoteNodes',
  permission: 'node:demote',
  input: nodesInput as z.ZodType<NodesInput>,
  named: namedNodes,
  resolve: async (input, requester) => resolveNodes(parts.find, input, requester, {}, roleLock),
  reachable: ({ clusterId }) => parts.change.reachable(clusterId),
  judge: async ({ clusterId, nodeIds }) => {
    const state = await parts.change.readForChange(clusterId);
    return judgeDemotion(state.nodes, presentNodes(state, nodeIds));
  },
  act: async (run, { clusterId, nodeIds }) => {
    const first = await parts.change.readForChange(clusterId);
    inOrder(
      run,
      demotionOrder(presentNodes(first, nodeIds)).map(({ id }) => id),
    );
    await run.each(async (target) => {
      if (target.id === null) return;
      const state = await parts.change.readForChange(clusterId);
      const [node] = presentNodes(state, [target.id]);
      if (node?.role === 'WORKER' && node.managerStatus === null) {
        if (!run.resumed) alreadySo(run, target, 'WORKER');
        run.observed(state.began);
        return;
      }
      // The others may have changed since the judgement, not by us, for we hold the lock.
      const { refusal } = node ? judgeDemotion(state.nodes, [node]) : { refusal: null };
      if (refusal) throw refusal;
      if (!(await demoteOne(parts, run, clusterId, target.id)))
        run.warn({
          code: 'CONTROL_PENDING',
          message: 'the managers no longer count it, but its own engine still acts as one: look at its log',
          target: target.id,
        });
    });
  },
});
