// decommissionNodes: takes nodes out of the cluster for good, by the steps that fit: drain, demote, leave, wait for Down,
// remove. What is done is seen in the cluster, so that it goes on from there after a restart.
import * as z from 'zod';
import { isFormerManager } from '../clusters/cluster.ts';
import { nodesLeft } from '../clusters/membership-of-hosts.ts';
import type { Availability, NodeObservation } from '../clusters/observation.ts';
import {
  cancelledTarget,
  createTaskProgress,
  type DrainParts,
  deadlineSeconds,
  secondsAfter,
} from '../nodes/drain.ts';
import { awaitEmpty, restore, setDrain } from '../nodes/empty.ts';
import {
  asAsked,
  type NodesPlan,
  namedNodes,
  nodesInput,
  presentNodes,
  resolveNodes,
} from '../nodes/plan.ts';
import { previewDrain } from '../nodes/preview.ts';
import { demotionOrder } from '../nodes/role-rules.ts';
import { demoteOne } from '../nodes/roles.ts';
import { demotionReachable, weighDemotion } from '../nodes/weigh-roles.ts';
import { type Action, type Run, refused, type Verdict } from '../operations/action.ts';
import type { Operation, Target } from '../operations/operation.ts';
import { Failure } from '../platform/failure.ts';
import type { MembershipParts } from './join.ts';
import { awaitDown, leaveOne } from './leave.ts';
import { connectedHost, removeOne } from './remove.ts';

const input = nodesInput.extend({
  force: z
    .boolean()
    .nullish()
    .transform((force) => force ?? false),
  deadlineSeconds,
});
type Input = z.infer<typeof input>;
type Plan = NodesPlan & {
  force: boolean;
  /** Of each node's drain, from its beginning. */
  deadlineSeconds: number;
  /** As of the judgement, by node id: what a cancelled drain gives back. */
  earlier: Record<string, Availability>;
  /** As of the judgement: hosts whose agents are to let them leave. */
  leaving: string[];
};

/**
 * Which steps fit. DOWN: nothing runs there that could be moved. LEAVES: Ready, and its host's agent can let it leave.
 * LEFT: its host has left, its managers do not know yet. FORCED: not Down, and no agent to let it leave.
 */
type Way = 'DOWN' | 'LEAVES' | 'LEFT' | 'FORCED';

/** What the caller must hold beside the action's own permission: it does what these allow. */
const partsPermissions = ['node:availability', 'node:demote', 'host:leave'];

export const decommissionNodesAction = (parts: MembershipParts & DrainParts): Action<Input, Plan> => {
  const { change, guards, hosts, workload, clock } = parts;

  const wayOf = ({ id, status }: NodeObservation): Way => {
    if (status.state === 'DOWN') return 'DOWN';
    if (nodesLeft(hosts).has(id)) return 'LEFT';
    const swarm = connectedHost(parts, id)?.report?.swarm;
    return swarm?.nodeId === id && swarm.localState === 'ACTIVE' ? 'LEAVES' : 'FORCED';
  };

  const whyNot = (node: NodeObservation, force: boolean): Failure | null =>
    wayOf(node) === 'FORCED' && !force
      ? new Failure(
          'NODE_NOT_DOWN',
          `node ${node.hostname} is ${node.status.state}, and no agent can let its engine leave`,
          'start the agent and engine of its host, or wait until it is Down, or use force',
        )
      : null;

  const judge = async (plan: Plan, operation: Operation): Promise<Verdict> => {
    const state = await change.readForRoles(plan.clusterId);
    const targets = presentNodes(state, plan.nodeIds);
    const why = targets.map((node) => whyNot(node, plan.force)).find((failure) => failure !== null);
    if (why) return refused(why);
    const roles = await weighDemotion(parts, plan.clusterId, state.nodes, targets);
    if (roles.refusal) return roles;
    plan.earlier = Object.fromEntries(targets.map(({ id, availability }) => [id, availability]));
    plan.leaving = targets
      .filter((node) => wayOf(node) === 'LEAVES')
      .flatMap(({ id }) => hosts.ofMember(id)?.id ?? []);
    const drained = targets.filter((node) => ['LEAVES', 'FORCED'].includes(wayOf(node)));
    const preview = await previewDrain(workload, plan.clusterId, state.nodes, drained);
    const left = targets.filter((node) => wayOf(node) === 'FORCED');
    return {
      guards: [...roles.guards, ...guards.judge(operation, state.nodes, drained)],
      warnings: [
        ...roles.warnings,
        ...preview.warnings,
        ...left.map(({ id, hostname }) => ({
          code: 'ENGINE_NOT_TOLD',
          message: `the engine of ${hostname} is not told: it will take itself for a member until it is made to leave there`,
          target: id,
        })),
      ],
      impact: roles.impact && {
        ...preview.impact,
        managersBefore: roles.impact.managersBefore,
        managersAfter: roles.impact.managersAfter,
        reachableAfter: roles.impact.reachableAfter,
        toleratesBefore: roles.impact.toleratesBefore,
        toleratesAfter: roles.impact.toleratesAfter,
      },
      refusal: null,
    };
  };

  const begun = ({ operation }: Run, name: string, ids: readonly string[]): string | null =>
    operation.steps.find(
      (step) => step.name === name && step.state !== 'SKIPPED' && ids.includes(step.target ?? ''),
    )?.startedAt ?? null;

  /** @returns false: cancelled, and the node is as it was. */
  const drain = async (
    run: Run,
    plan: Plan,
    node: NodeObservation,
    way: Way,
    told: (left: number) => void,
  ) => {
    const { id, hostname } = node;
    if (way === 'DOWN' || way === 'LEFT') {
      if (begun(run, 'drain', [id]) === null)
        run.skip(
          'drain',
          id,
          way === 'DOWN'
            ? `${hostname} is Down: what ran there is started elsewhere already`
            : `the host of ${hostname} has left already`,
        );
      return true;
    }
    const since = begun(run, 'drain', [id]) ?? clock.now().toISOString();
    const emptied = run.cancel.aborted
      ? 'CANCELLED'
      : await run.step('drain', id, async () => {
          if (node.availability !== 'DRAIN') await setDrain(parts, run, plan.clusterId, id);
          const deadline = secondsAfter(new Date(since), plan.deadlineSeconds);
          return awaitEmpty(parts, run, plan.clusterId, id, deadline, told);
        });
    if (emptied === 'EMPTY' && !run.cancel.aborted) return true;
    const earlier = plan.earlier[id] ?? 'ACTIVE';
    if (earlier !== 'DRAIN') await restore(parts, run, plan.clusterId, id, earlier);
    return false;
  };

  const demote = async (run: Run, { clusterId }: Plan, { id, hostname }: NodeObservation): Promise<void> => {
    const state = await change.readForChange(clusterId);
    const [node] = presentNodes(state, [id]);
    if (!node || (node.role === 'WORKER' && node.managerStatus === null)) {
      if (begun(run, 'demote', [id]) === null) run.skip('demote', id, `${hostname} is a worker`);
      return;
    }
    const cluster = parts.clusters.find(clusterId);
    if (cluster && isFormerManager(cluster, node)) {
      run.skip('demote', id, `${hostname} is in no raft group since the cluster was begun anew`);
      return;
    }
    await run.step('demote', id, async () => {
      if (!(await demoteOne(parts, run, clusterId, id)))
        throw new Failure(
          'NOT_OBSERVED',
          'the engine still has control of the cluster',
          'read the host, then repeat',
        );
    });
  };

  const decommissionOne = async (
    run: Run,
    plan: Plan,
    target: Target,
    nodeId: string,
    told: (left: number) => void,
  ): Promise<void> => {
    const { clusterId } = plan;
    const state = await change.readForChange(clusterId);
    const node = state.nodes.find(({ id }) => id === nodeId);
    if (!node) {
      run.observed(state.began);
      return;
    }
    const why = whyNot(node, plan.force);
    if (why) throw why;
    const way = wayOf(node);
    const host = hosts.ofMember(nodeId);
    const both = host ? [nodeId, host.id] : [nodeId];
    const pastDrain = begun(run, 'demote', both) !== null || begun(run, 'leave', both) !== null;
    if (!pastDrain && !(await drain(run, plan, node, way, told)))
      return cancelledTarget(target, `cancelled: ${target.name} is ${plan.earlier[nodeId]} again`);
    await demote(run, plan, node);
    const leaves = way === 'LEAVES' && host !== null;
    if (run.cancel.aborted && begun(run, 'leave', both) === null)
      return cancelledTarget(target, `cancelled: ${target.name} is a worker in drain, and still a member`);
    if (leaves) await leaveOne(parts, run, host.id, nodeId);
    else if (begun(run, 'leave', both) === null)
      run.skip(
        'leave',
        nodeId,
        way === 'LEFT'
          ? `the host of ${node.hostname} has left already`
          : way === 'DOWN'
            ? `${node.hostname} is Down: its engine cannot be told`
            : `no agent of ${node.hostname} is connected`,
      );
    if (way === 'LEAVES' || way === 'LEFT') await awaitDown(parts, run, clusterId, nodeId);
    if (run.cancel.aborted)
      return cancelledTarget(target, `cancelled: ${target.name} is out of use, and still listed`);
    await removeOne(parts, run, clusterId, nodeId, way === 'FORCED');
  };

  return {
    name: 'decommissionNodes',
    permission: 'node:remove',
    input: input as z.ZodType<Input>,
    named: namedNodes,
    resolve: async ({ force, deadlineSeconds: seconds, ...nodes }, requester) => {
      const resolved = resolveNodes(
        parts.find,
        nodes,
        requester,
        { force, deadlineSeconds: seconds, earlier: {}, leaving: [] },
        (cluster) => [`role:${cluster}`, `availability:${cluster}`],
        { allowPrefix: false },
      );
      const lacking = partsPermissions.find(
        (permission) => !parts.authorise(requester.actor, permission, resolved.clusterId),
      );
      if (lacking)
        throw new Failure(
          'FORBIDDEN',
          `decommissionNodes needs the permission ${lacking}, too`,
          'ask an admin',
        );
      const members = resolved.plan.nodeIds.flatMap((id) => hosts.ofMember(id)?.id ?? []);
      return { ...resolved, locks: [...resolved.locks, ...members.map((id) => `host:${id}`)] };
    },
    reachable: async (plan) =>
      plan.leaving.every((id) => parts.links.of(id) !== null) && (await demotionReachable(parts, plan)),
    judge,
    // One by one, the leader last: each may be a manager, and what runs on one may move to the next.
    act: async (run, plan) => {
      const first = await change.readForChange(plan.clusterId);
      const order = demotionOrder(asAsked(first.nodes, plan.nodeIds)).map(({ id }) => id);
      run.operation.targets.sort((a, b) => order.indexOf(a.id ?? '') - order.indexOf(b.id ?? ''));
      const progress = createTaskProgress(run);
      await run.each(async (target) => {
        const { id } = target;
        if (id !== null) await decommissionOne(run, plan, target, id, (left) => progress(id, left));
      });
    },
  };
};
