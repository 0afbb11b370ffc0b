// Promoting and demoting nodes. The raft rule itself is in clusters/quorum.ts.
// https://docs.docker.com/engine/swarm/manage-nodes/#promote-or-demote-a-node
import type { z } from 'zod';
import type { Managers } from '../clusters/managers.ts';
import { isReachable, quorumNow } from '../clusters/quorum.ts';
import type { FreshRead, ReadCluster } from '../clusters/read.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { Hosts } from '../hosts/registry.ts';
import type { Action, Run } from '../operations/action.ts';
import type { Target } from '../operations/operation.ts';
import { whyRefused } from '../operations/verdict.ts';
import { Failure } from '../platform/failure.ts';
import type { ChangeNode, Watching } from './change.ts';
import { promotionOrder, type ReadJoinAddresses } from './join-addresses.ts';
import {
  asAsked,
  type NodesInput,
  type NodesPlan,
  namedNodes,
  nodesInput,
  presentNodes,
  resolveNodes,
} from './plan.ts';
import type { FindNodes } from './reference.ts';
import { demotionOrder } from './role-rules.ts';
import type { Settle } from './settle.ts';
import { demotionReachable, weighDemotion, weighPromotion } from './weigh-roles.ts';

/** A node whose engine has not followed its demotion yet takes about 32 seconds to become a manager again (measured). */
const promotionMs = 75_000;
/** Managers that put a demotion off look again every five seconds (swarmkit manager/role_manager.go). */
const demotionMs = 45_000;
const slowMs = 5_000;
/** Demotions are carried out in 40 milliseconds (measured); one that takes longer was put off. */
const putOffMs = 2_000;

export type RoleParts = {
  find: FindNodes;
  change: ChangeNode;
  managers: Managers;
  settle: Settle;
  clusters: Clusters;
  hosts: Hosts;
  read: ReadCluster;
  joinAddresses: ReadJoinAddresses;
};

const roleLock = (clusterId: string): readonly string[] => [`role:${clusterId}`];

/** Puts the operation's targets in the order of acting. */
const inOrder = (run: Run, ids: readonly string[]): void => {
  run.operation.targets.sort((a, b) => ids.indexOf(a.id ?? '') - ids.indexOf(b.id ?? ''));
};

/** How the managers stand, for a step. */
const standing = ({ nodes }: FreshRead): string => {
  const { managers, reachable } = quorumNow(nodes);
  const leader = nodes.find(({ managerStatus }) => managerStatus?.leader)?.hostname;
  return `${reachable} of ${managers} managers are reachable, ${leader ? `${leader} leads` : 'none leads yet'}`;
};

/** Makes one node a manager, and waits until it is a reachable member of the raft group and knows it itself. */
const promoteOne = async (
  { change, settle }: RoleParts,
  run: Run,
  clusterId: string,
  nodeId: string,
): Promise<void> => {
  await settle.demotion(run, nodeId);
  const began = performance.now();
  const watching: Watching = {
    hopeless: settle.stuckPromotion(nodeId),
    why: ({ status, managerStatus }, waitedMs) =>
      waitedMs < slowMs
        ? null
        : managerStatus === null
          ? `not in the raft group yet, and ${status.state}: a node that was demoted a few seconds before takes about half a minute`
          : `in the raft group, and ${managerStatus.reachability} for the others`,
    told: standing,
  };
  await change.apply(
    run,
    clusterId,
    nodeId,
    { role: 'manager' },
    (node) => node.role === 'MANAGER' && isReachable(node),
    promotionMs,
    watching,
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

/** What is made of a demotion that does not show: the managers may put it off, and say so to nobody. */
const watchDemotion: Watching = {
  why: ({ role, managerStatus }, waitedMs) =>
    role === 'WORKER' && managerStatus !== null && waitedMs > putOffMs
      ? 'the managers have put it off: it is to be a worker and is still in the raft group; they look again every few seconds, and do it once a majority would be left'
      : null,
  late: ({ hostname, role, managerStatus }) =>
    role === 'WORKER' && managerStatus !== null
      ? new Failure(
          'DEMOTION_PUT_OFF',
          `the managers have put the demotion of ${hostname} off: it is to be a worker and is still in the raft group`,
          'bring unreachable managers back and it is carried out; or promoteNodes takes it back',
        )
      : null,
  told: standing,
};

/** From then on what is read of the cluster is read through another manager. @returns when that is so. */
const moveWatcher = async (
  { hosts, read }: Pick<RoleParts, 'hosts' | 'read'>,
  run: Run,
  clusterId: string,
  nodeId: string,
): Promise<void> => {
  await run.step(
    'move the watcher',
    nodeId,
    async () => hosts.find((await read.fresh(clusterId)).hostId),
    (host) =>
      host?.report?.swarm?.nodeId === nodeId
        ? 'no other manager answers: the cluster is still read through the node itself'
        : `the cluster is read through ${host?.name ?? 'another manager'}`,
  );
};

/**
 * Makes one node a worker, through another manager, and waits until it has left the raft group and its own engine knows.
 * Before, the rule is applied to what is so now: others, and the engines, may have done something since the judgement.
 * @param target whose step the last wait is. @default the node
 * @returns whether its engine gave its control up in time.
 * @throws Failure what the rule says, DEMOTION_PUT_OFF, and what a change of a node throws.
 */
export const demoteOne = async (
  parts: Omit<RoleParts, 'find'>,
  run: Run,
  clusterId: string,
  nodeId: string,
  target = nodeId,
): Promise<boolean> => {
  const { change, managers, settle } = parts;
  const { nodes } = await change.readForRoles(clusterId);
  const node = nodes.find(({ id }) => id === nodeId);
  // One that was asked for before a restart is on its way: what is left is to see it arrive.
  if (node?.role === 'MANAGER') {
    const why = whyRefused(await weighDemotion(parts, clusterId, nodes, [node]), run.operation.overrides);
    if (why) throw why;
  }
  const release = managers.avoid(nodeId);
  try {
    await moveWatcher(parts, run, clusterId, nodeId);
    await change.apply(
      run,
      clusterId,
      nodeId,
      { role: 'worker' },
      ({ role, managerStatus }, state) =>
        role === 'WORKER' &&
        managerStatus === null &&
        (state?.nodes.some((other) => other.managerStatus?.leader) ?? false),
      demotionMs,
      watchDemotion,
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

export const promoteNodesAction = (parts: RoleParts): Action<NodesInput, NodesPlan> => ({
  name: 'promoteNodes',
  permission: 'node:promote',
  input: nodesInput as z.ZodType<NodesInput>,
  named: namedNodes,
  resolve: async (input, requester) => resolveNodes(parts.find, input, requester, {}, roleLock),
  reachable: ({ clusterId }) => parts.change.reachable(clusterId),
  judge: async ({ clusterId, nodeIds }) => {
    const state = await parts.change.readForRoles(clusterId);
    return weighPromotion(parts, state.nodes, presentNodes(state, nodeIds));
  },
  act: async (run, { clusterId, nodeIds }) => {
    const first = await parts.change.readForChange(clusterId);
    const { order } = promotionOrder(first.nodes, asAsked(first.nodes, nodeIds), await parts.joinAddresses());
    inOrder(
      run,
      order.map(({ id }) => id),
    );
    await run.each(async (target) => {
      if (target.id === null) return;
      const state = await parts.change.readForRoles(clusterId);
      const [node] = presentNodes(state, [target.id]);
      if (node?.role === 'MANAGER' && isReachable(node)) {
        if (!run.resumed) alreadySo(run, target, 'MANAGER');
        run.observed(state.began);
        return;
      }
      // Its turn may come a minute after the judgement: the rule is applied to what is so now.
      if (node?.role === 'WORKER') {
        const why = whyRefused(await weighPromotion(parts, state.nodes, [node]), run.operation.overrides);
        if (why) throw why;
      }
      await promoteOne(parts, run, clusterId, target.id);
    });
  },
});

export const demoteNodesAction = (parts: RoleParts): Action<NodesInput, NodesPlan> => ({
  name: 'demoteNodes',
  permission: 'node:demote',
  input: nodesInput as z.ZodType<NodesInput>,
  named: namedNodes,
  resolve: async (input, requester) => resolveNodes(parts.find, input, requester, {}, roleLock),
  reachable: (plan) => demotionReachable(parts, plan),
  judge: async ({ clusterId, nodeIds }) => {
    const state = await parts.change.readForRoles(clusterId);
    return weighDemotion(parts, clusterId, state.nodes, presentNodes(state, nodeIds));
  },
  act: async (run, { clusterId, nodeIds }) => {
    const first = await parts.change.readForChange(clusterId);
    inOrder(
      run,
      demotionOrder(asAsked(first.nodes, nodeIds)).map(({ id }) => id),
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
      if (!(await demoteOne(parts, run, clusterId, target.id)))
        run.warn({
          code: 'CONTROL_PENDING',
          message: 'the managers no longer count it, but its own engine still acts as one: look at its log',
          target: target.id,
        });
    });
  },
});
