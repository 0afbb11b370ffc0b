// dissolveCluster: every host with an agent leaves, the workers first, the managers down to the last by force.
// https://docs.docker.com/reference/cli/docker/swarm/leave/
import * as z from 'zod';
import type { Cluster } from '../clusters/cluster.ts';
import { findCluster, whyNotConfirmed, whyReadOnly } from '../clusters/find.ts';
import { nodeScalars } from '../clusters/publish.ts';
import { quorumNow, quorumOf } from '../clusters/quorum.ts';
import { clusterOf, type Host } from '../hosts/host.ts';
import { impactOf } from '../nodes/role-rules.ts';
import { type Action, type Run, refused, type Verdict } from '../operations/action.ts';
import type { Guard, Warning } from '../operations/operation.ts';
import { Failure } from '../platform/failure.ts';
import type { MembershipParts } from './join.ts';
import { leaveOne } from './leave.ts';

const input = z.object({ cluster: z.string().min(1), confirm: z.string() });
type Input = z.infer<typeof input>;
/** In the order of leaving; `nodeId`: the membership that is left and no other. */
type Plan = Input & { members: { hostId: string; nodeId: string; manager: boolean }[] };

/** Neither the swarm nor its leader needs to answer for these: each engine leaves by itself. */
const isMember = (host: Host, cluster: Cluster): boolean =>
  host.revokedAt === null &&
  clusterOf(host) === cluster.id &&
  host.report?.swarm != null &&
  host.report.swarm.localState !== 'INACTIVE';

export const dissolveClusterAction = (parts: MembershipParts): Action<Input, Plan> => {
  const { clusters, hosts, links, read, clock } = parts;

  const connectedMembers = (cluster: Cluster): Host[] =>
    hosts.list().filter((host) => links.of(host.id) !== null && isMember(host, cluster));

  /** Nodes that no connected agent stands for; those that have left already are not among them. */
  const leftBehind = (cluster: Cluster) =>
    [...cluster.nodes.values()].filter(({ id }) => {
      const host = hosts.ofMember(id);
      const hasLeft = host?.report?.swarm != null && host.report.swarm.nodeId !== id;
      return !(host && links.of(host.id) && host.report?.swarm) && !hasLeft;
    });

  /** Workers before managers, the leader last: it answers for the longest. */
  const inOrder = (cluster: Cluster, members: readonly Host[]): Plan['members'] => {
    const nodeOf = ({ report }: Host) => cluster.nodes.get(report?.swarm?.nodeId ?? '');
    const rank = (host: Host): number => {
      const status = nodeOf(host)?.managerStatus;
      return status?.leader ? 2 : status || host.report?.swarm?.controlAvailable ? 1 : 0;
    };
    return [...members]
      .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
      .map((host) => ({
        hostId: host.id,
        nodeId: host.report?.swarm?.nodeId ?? '',
        manager: rank(host) > 0,
      }));
  };

  const judge = async ({ cluster: id, confirm, members }: Plan): Promise<Verdict> => {
    const known = clusters.find(id);
    if (!known) return refused(new Failure('NOT_FOUND', `no cluster ${id}`, 'list clusters'));
    const why = whyReadOnly(known) ?? whyNotConfirmed(known, confirm);
    if (why) return refused(why);
    // A cluster that nobody can read any more is dissolved all the same, by what was seen last.
    await read.fresh(id).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
    const cluster = clusters.find(id) ?? known;
    const away = members.find(({ hostId }) => links.of(hostId) === null);
    if (away)
      return refused(
        new Failure(
          'HOST_OFFLINE',
          `the agent of host ${hosts.find(away.hostId)?.name ?? away.hostId} is not connected`,
          'start its agent, or repeat without it',
        ),
      );
    if (members.length === 0)
      return refused(
        new Failure(
          'CLUSTER_UNREACHABLE',
          `no agent of a member of ${cluster.name} is connected`,
          'start the agents, or forgetCluster',
        ),
      );
    const behind = leftBehind(cluster);
    const alive = behind.filter(({ status }) => status.state !== 'DOWN').map(({ hostname }) => hostname);
    const guards: Guard[] =
      alive.length > 0
        ? [
            {
              guard: 'MEMBERS_LEFT_BEHIND',
              message: `${alive.join(', ')} would not be told: no agent of theirs is connected, and managers among them go on`,
            },
          ]
        : [];
    const warnings: Warning[] = behind.map(({ id: target, hostname, status }) => ({
      code: 'LEFT_BEHIND',
      message: `node ${hostname} (${status.state}) has no connected agent: let its engine leave by hand`,
      target,
    }));
    const before = quorumNow([...cluster.nodes.values()]);
    return { guards, warnings, impact: impactOf(before, quorumOf(0, 0)), refusal: null };
  };

  /** Its nodes are gone with it; the history keeps them. */
  const markDissolved = (run: Run, clusterId: string): Promise<void> =>
    clusters.change(
      clusterId,
      async (before, _, emit) => {
        if (before.dissolvedAt) return null;
        for (const node of before.nodes.values())
          await emit({
            topic: 'NODE',
            kind: 'REMOVED',
            clusterId,
            subjectId: node.id,
            before: nodeScalars(node),
            after: nodeScalars(node),
            changes: [],
            operationId: run.operation.id,
          });
        return { dissolvedAt: clock.now(), nodes: new Map(), formerManagers: [] };
      },
      run.operation.id,
    );

  return {
    name: 'dissolveCluster',
    permission: 'cluster:force',
    input: input as z.ZodType<Input>,
    named: ({ cluster }) => [{ kind: 'CLUSTER', name: cluster }],
    resolve: async (asked, requester) => {
      const cluster = findCluster(clusters, asked.cluster, parts.scopeOf, requester);
      const members = inOrder(cluster, connectedMembers(cluster));
      return {
        clusterId: cluster.id,
        plan: { ...asked, members },
        targets: members.map(({ hostId }) => ({
          kind: 'HOST',
          id: hostId,
          name: hosts.find(hostId)?.name ?? hostId,
        })),
        locks: [
          ...members.map(({ hostId }) => `host:${hostId}`),
          ...['role', 'spec', 'availability'].map((kind) => `${kind}:${cluster.id}`),
        ],
      };
    },
    reachable: async ({ members }) => members.every(({ hostId }) => links.of(hostId) !== null),
    judge,
    act: async (run, { cluster, members }) => {
      await run.each(async (target) => {
        const member = members.find(({ hostId }) => hostId === target.id);
        if (!member) return;
        await leaveOne(parts, run, member.hostId, member.nodeId, member.manager);
        run.observed(clock.now());
        run.progress({
          done: run.operation.targets.filter(({ state }) => state === 'SUCCEEDED').length + 1,
          total: members.length,
          unit: 'hosts',
        });
      });
      // With one manager left it lives on, and can be dissolved again.
      const managers = new Set(members.filter(({ manager }) => manager).map(({ hostId }) => hostId));
      const stays = run.operation.targets.some(
        ({ id, state }) => id !== null && managers.has(id) && state !== 'SUCCEEDED',
      );
      if (!stays) await run.step('mark dissolved', null, () => markDissolved(run, cluster));
    },
  };
};
