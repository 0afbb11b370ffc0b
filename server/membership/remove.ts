// removeNodes: docker node rm. A manager is never removed; a Ready node only with force, its host leaving first.
// https://docs.docker.com/reference/cli/docker/node/rm/
import * as z from 'zod';
import { isFormerManager } from '../clusters/cluster.ts';
import { nodesLeft } from '../clusters/membership-of-hosts.ts';
import type { NodeObservation } from '../clusters/observation.ts';
import { failureOf } from '../hosts/commands.ts';
import type { Host } from '../hosts/host.ts';
import { judgeAvailability } from '../nodes/availability.ts';
import { type NodesPlan, namedNodes, nodesInput, presentNodes, resolveNodes } from '../nodes/plan.ts';
import type { FindNodes } from '../nodes/reference.ts';
import { type Action, allClear, type Run, refused, type Verdict } from '../operations/action.ts';
import { whyRefused } from '../operations/verdict.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure } from '../platform/failure.ts';
import type { MembershipParts } from './join.ts';
import { awaitDown, leaveOne } from './leave.ts';

const input = nodesInput.extend({
  force: z
    .boolean()
    .nullish()
    .transform((force) => force ?? false),
});
type Input = z.infer<typeof input>;
type Plan = NodesPlan & { force: boolean };

const observeMs = 30_000;

/** The node's host, when its agent is connected. */
export const connectedHost = ({ hosts, links }: MembershipParts, nodeId: string): Host | null => {
  const host = hosts.ofMember(nodeId);
  return host && links.of(host.id) ? host : null;
};

/** Removes one node, and waits until no manager lists it. */
export const removeOne = async (
  { clusters, commands, managers, read }: MembershipParts,
  run: Run,
  clusterId: string,
  nodeId: string,
  force: boolean,
): Promise<void> => {
  await run.step('remove', nodeId, async () => {
    const cluster = clusters.find(clusterId);
    if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${clusterId}`);
    const result = await commands.carryOut({
      run,
      hostId: () => managers.first(cluster).id,
      step: `remove:${nodeId}`,
      body: { __typename: 'RemoveNode', node: nodeId, force },
      expectations: [{ clusterId, subjectId: nodeId, path: 'removed', value: true }],
    });
    if (result.outcome === 'FAILED' || result.outcome === 'REFUSED') throw failureOf(result);
    run.unknown(result.outcome === 'UNKNOWN');
  });
  await run.step('observe', nodeId, async () => {
    const gone = await waitFor(
      async () => {
        const state = await read.fresh(clusterId).catch(() => null);
        return state && !state.nodes.some(({ id }) => id === nodeId) ? state : null;
      },
      { timeoutMs: observeMs, intervalMs: 50, signal: run.signal },
    );
    run.unknown(false);
    if (!gone) throw new Failure('OUTCOME_UNKNOWN', `node ${nodeId} was still listed`, 'read the cluster');
    run.observed(gone.began);
  });
};

export const removeNodesAction = (parts: MembershipParts & { find: FindNodes }): Action<Input, Plan> => {
  const { hosts, clusters, change } = parts;

  const whyNot = (node: NodeObservation, force: boolean): Failure | null => {
    const cluster = clusters.ofNode(node.id);
    // Who was a manager before the cluster was begun anew is in no raft group, and cannot be demoted.
    const former = cluster !== null && isFormerManager(cluster, node);
    if (!former && (node.role === 'MANAGER' || node.managerStatus !== null))
      return new Failure('NODE_IS_MANAGER', `node ${node.hostname} is a manager`, 'demoteNodes first');
    if (node.status.state !== 'DOWN' && !force && !nodesLeft(hosts).has(node.id))
      return new Failure(
        'NODE_NOT_DOWN',
        `node ${node.hostname} is ${node.status.state}, not DOWN`,
        'let its host leave first (leaveSwarm), or use force',
      );
    return null;
  };

  const judgeRemoval = (nodes: readonly NodeObservation[], targets: readonly NodeObservation[]): Verdict => ({
    ...allClear,
    guards: judgeAvailability(
      nodes,
      targets.filter(({ id, status }) => status.state === 'READY' && !nodesLeft(hosts).has(id)),
      'DRAIN',
      nodesLeft(hosts),
    ).guards,
  });

  return {
    name: 'removeNodes',
    permission: 'node:remove',
    input: input as z.ZodType<Input>,
    named: namedNodes,
    resolve: async ({ force, ...nodes }, requester) =>
      resolveNodes(
        parts.find,
        nodes,
        requester,
        { force },
        (cluster) => [`role:${cluster}`, `availability:${cluster}`],
        { allowPrefix: false },
      ),
    reachable: ({ clusterId }) => change.reachable(clusterId),
    judge: async ({ clusterId, nodeIds, force }) => {
      const state = await change.readForChange(clusterId);
      const targets = presentNodes(state, nodeIds);
      const why = targets.map((node) => whyNot(node, force)).find((failure) => failure !== null);
      if (why) return refused(why);
      return judgeRemoval(state.nodes, targets);
    },
    act: (run, { clusterId, force }) =>
      run.each(async (target) => {
        if (target.id === null) return;
        const state = await change.readForChange(clusterId);
        const node = state.nodes.find(({ id }) => id === target.id);
        if (!node) {
          run.observed(state.began);
          return;
        }
        const why =
          whyNot(node, force) ?? whyRefused(judgeRemoval(state.nodes, [node]), run.operation.overrides);
        if (why) throw why;
        const host = connectedHost(parts, node.id);
        if (
          force &&
          host &&
          host.report?.swarm?.nodeId === node.id &&
          host.report.swarm.localState === 'ACTIVE'
        )
          await leaveOne(parts, run, host.id, node.id);
        if (!force && node.status.state !== 'DOWN') await awaitDown(parts, run, clusterId, node.id);
        await removeOne(parts, run, clusterId, node.id, force);
      }),
  };
};
