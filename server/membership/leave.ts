// leaveSwarm: docker swarm leave on each host, a manager demoted first. By force: leave-by-force.ts.
// https://docs.docker.com/engine/swarm/manage-nodes/#leave-the-swarm
import * as z from 'zod';
import { whyReadOnly } from '../clusters/find.ts';
import { nodesLeft } from '../clusters/membership-of-hosts.ts';
import type { NodeObservation } from '../clusters/observation.ts';
import { isLeaving, isMember } from '../clusters/quorum.ts';
import { findHost } from '../hosts/actions.ts';
import { failureOf } from '../hosts/commands.ts';
import { clusterOf, type Host, offline } from '../hosts/host.ts';
import { judgeAvailability } from '../nodes/availability.ts';
import { demotionOrder } from '../nodes/role-rules.ts';
import { demoteOne } from '../nodes/roles.ts';
import { demotionReachable, weighDemotion } from '../nodes/weigh-roles.ts';
import { type Action, allClear, type Run, refused, type Verdict } from '../operations/action.ts';
import type { Target } from '../operations/operation.ts';
import { whyRefused } from '../operations/verdict.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure, failureIsNull } from '../platform/failure.ts';
import type { MembershipParts } from './join.ts';
import { judgeByForce } from './leave-by-force.ts';

const input = z.object({
  hosts: z.array(z.string().min(1)).min(1, 'names no host').max(1_000),
  force: z
    .boolean()
    .nullish()
    .transform((force) => force ?? false),
});
type Input = z.infer<typeof input>;
/** `members`: the node that each host is, as of the intent. */
type Plan = {
  clusterId: string | null;
  members: { hostId: string; nodeId: string | null }[];
  force: boolean;
};

const leaveMs = 30_000;
/** Nobody says goodbye: a node that left is Down after three missed heartbeats, 15 seconds by default. */
const downMs = 90_000;

/** The node that the host is now; '' while its join is pending, null in no swarm. */
const nodeIdOf = (host: Host): string | null =>
  host.report?.swarm && host.report.swarm.localState !== 'INACTIVE' ? (host.report.swarm.nodeId ?? '') : null;

/** It waited for others, who let the host leave and join meanwhile: what was asked for was another membership. */
const whyAnother = (host: Host, nodeId: string | null): Failure | null => {
  const now = nodeIdOf(host);
  return now === null || now === nodeId
    ? null
    : new Failure(
        'NOT_IN_SWARM',
        `host ${host.name} has joined as node ${now} since this was asked for, when it was ${nodeId ? `node ${nodeId}` : 'not a member'}`,
        'ask again if it is to leave now too',
      );
};

/**
 * Lets the engine leave, and waits until it says that it is in no swarm.
 * @param force also as a manager, which the raft group then still counts.
 */
export const leaveOne = async (
  parts: MembershipParts,
  run: Run,
  hostId: string,
  nodeId: string,
  force = false,
): Promise<void> => {
  await run.step('leave', hostId, async () => {
    const result = await parts.commands.carryOut({
      run,
      hostId,
      step: `leave:${hostId}`,
      body: { __typename: 'LeaveSwarm', nodeId, force },
    });
    if (result.outcome === 'FAILED' || result.outcome === 'REFUSED') throw failureOf(result);
    run.unknown(result.outcome === 'UNKNOWN');
    const left = await waitFor(
      async () => (parts.hosts.find(hostId)?.report?.swarm?.localState === 'INACTIVE' ? true : null),
      {
        timeoutMs: leaveMs,
        intervalMs: 50,
        signal: run.signal,
      },
    );
    if (!left)
      throw new Failure('OUTCOME_UNKNOWN', 'the host was not seen to leave in time', 'read the host');
    run.unknown(false);
  });
};

/** Waits until managers know that the node is gone: Down, or no longer listed. */
export const awaitDown = async (
  parts: MembershipParts,
  run: Run,
  clusterId: string,
  nodeId: string,
): Promise<void> => {
  await run.step('await down', nodeId, async () => {
    const state = await waitFor(
      async () => {
        const fresh = await parts.read.fresh(clusterId).catch(failureIsNull);
        const node = fresh?.nodes.find(({ id }) => id === nodeId);
        return fresh && (!node || node.status.state === 'DOWN') ? fresh : null;
      },
      { timeoutMs: downMs, intervalMs: 250, signal: run.signal },
    );
    if (!state)
      throw new Failure('NOT_OBSERVED', `node ${nodeId} was not seen Down in time`, 'read the node');
    run.observed(state.began);
  });
};

/** Leaves, and waits until managers know it where there are any that list it. */
const leaveOneByForce = async (
  parts: MembershipParts,
  run: Run,
  clusterId: string | null,
  { hostId, nodeId }: { hostId: string; nodeId: string },
): Promise<void> => {
  await leaveOne(parts, run, hostId, nodeId, true);
  const cluster = clusterId === null ? null : parts.clusters.find(clusterId);
  if (!cluster || cluster.dissolvedAt || cluster.split || cluster.trouble || !cluster.nodes.has(nodeId))
    return;
  await awaitDown(parts, run, cluster.id, nodeId);
};

export const leaveSwarmAction = (parts: MembershipParts): Action<Input, Plan> => {
  const { clusters, hosts, links, read } = parts;

  const weighLeave = async (
    clusterId: string,
    nodes: readonly NodeObservation[],
    ids: ReadonlySet<string | null>,
  ): Promise<Verdict> => {
    const leaving = nodes.filter(({ id }) => ids.has(id));
    const roles = await weighDemotion(parts, clusterId, nodes, leaving);
    const active = judgeAvailability(nodes, leaving, 'DRAIN', nodesLeft(hosts));
    return { ...roles, guards: [...roles.guards, ...active.guards] };
  };

  const judge = async ({ clusterId, members, force }: Plan): Promise<Verdict> => {
    for (const { hostId, nodeId } of members) {
      const host = hosts.find(hostId);
      if (!host) return refused(new Failure('NOT_FOUND', `no host ${hostId}`));
      if (!links.of(hostId)) return refused(offline(host));
      const another = whyAnother(host, nodeId);
      if (another) return refused(another);
    }
    const outside = members
      .filter(({ nodeId }) => nodeId === null)
      .map(({ hostId }) => ({ code: 'NOT_IN_SWARM', message: 'the host is in no swarm', target: hostId }));
    if (force) {
      const verdict = judgeByForce(parts, clusterId, members);
      return { ...verdict, warnings: [...verdict.warnings, ...outside] };
    }
    const cluster = clusterId === null ? null : clusters.find(clusterId);
    if (!cluster) return { ...allClear, warnings: outside };
    const readOnly = whyReadOnly(cluster);
    if (readOnly) return refused(readOnly);
    const ids = new Set(members.map(({ nodeId }) => nodeId));
    const { nodes } = await parts.change.readForRoles(cluster.id);
    const verdict = await weighLeave(cluster.id, nodes, ids);
    return { ...verdict, warnings: [...verdict.warnings, ...outside] };
  };

  /** A manager takes part in raft until its own engine has let go, whatever the others list. */
  const giveUpControl = async (
    run: Run,
    clusterId: string,
    hostId: string,
    nodeId: string,
  ): Promise<void> => {
    if (!(await demoteOne(parts, run, clusterId, nodeId, hostId)))
      throw new Failure(
        'NOT_OBSERVED',
        'the engine still has control of the cluster',
        'read the host, then repeat',
      );
  };

  return {
    name: 'leaveSwarm',
    permission: 'host:leave',
    input: input as z.ZodType<Input>,
    named: ({ hosts: asked }) => asked.map((name) => ({ kind: 'HOST', name })),
    resolve: async (asked, requester) => {
      const found = [...new Set(asked.hosts)].map((id) => findHost(hosts, id, parts.scopeOf(requester)));
      const ids = [...new Set(found.map(clusterOf).filter((id) => id !== null))];
      if (ids.length > 1)
        throw new Failure(
          'BAD_USER_INPUT',
          'input.hosts are of several clusters',
          'one mutation changes one cluster',
        );
      const clusterId = ids[0] ?? null;
      if (asked.force && !parts.authorise(requester.actor, 'cluster:force', clusterId))
        throw new Failure('FORBIDDEN', 'leaving by force needs the permission cluster:force', 'ask an admin');
      // A join that is still pending has no node id yet: it can be left all the same.
      const members = found.map((host) => ({ hostId: host.id, nodeId: nodeIdOf(host) }));
      return {
        clusterId,
        plan: { clusterId, members, force: asked.force },
        targets: found.map(({ id, name }) => ({ kind: 'HOST', id, name })),
        locks: [
          ...found.map(({ id }) => `host:${id}`),
          ...members.flatMap(({ nodeId }) => (nodeId ? [`node:${nodeId}`] : [])),
          ...(clusterId ? [`role:${clusterId}`, `availability:${clusterId}`] : []),
        ],
      };
    },
    reachable: async ({ clusterId, members, force }) =>
      members.every(({ hostId }) => links.of(hostId) !== null) &&
      (force ||
        clusterId === null ||
        (await demotionReachable(parts, {
          clusterId,
          nodeIds: members.flatMap(({ nodeId }) => nodeId ?? []),
        }))),
    judge,
    act: async (run, { clusterId, members, force }) => {
      const memberOf = (target: Target) => members.find(({ hostId }) => hostId === target.id);
      if (force) {
        await run.each(async (target) => {
          const { hostId, nodeId = null } = memberOf(target) ?? {};
          if (hostId && nodeId !== null) await leaveOneByForce(parts, run, clusterId, { hostId, nodeId });
        });
        return;
      }
      const known = clusterId !== null && clusters.find(clusterId) ? clusterId : null;
      if (known !== null) {
        const order = demotionOrder((await read.fresh(known)).nodes).map(({ id }) => id);
        const rank = (hostId: string | null): number =>
          order.indexOf(members.find((member) => member.hostId === hostId)?.nodeId ?? '');
        run.operation.targets.sort((a, b) => rank(a.id) - rank(b.id));
      }
      await run.each(async (target) => {
        const member = memberOf(target);
        if (!member || member.nodeId === null) return;
        const { hostId, nodeId } = member;
        const nodes = known === null ? [] : (await parts.change.readForRoles(known)).nodes;
        const node = nodes.find(({ id }) => id === nodeId);
        if (known !== null && node && !nodesLeft(hosts).has(nodeId)) {
          // Those before it took a while: the rule is applied to what is so now, unless it is on its way out already.
          const why =
            !isLeaving(node) &&
            whyRefused(await weighLeave(known, nodes, new Set([nodeId])), run.operation.overrides);
          if (why) throw why;
          if (isMember(node)) await giveUpControl(run, known, hostId, nodeId);
        }
        await leaveOne(parts, run, hostId, nodeId);
        if (known !== null && node) await awaitDown(parts, run, known, nodeId);
      });
    },
  };
};
