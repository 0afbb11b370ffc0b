// Leaving by force: for hosts that no cluster would miss, and for those of a cluster that cannot agree to anything.
import { isFormerManager } from '../clusters/cluster.ts';
import { managersSeen } from '../clusters/managers-seen.ts';
import { membershipOf } from '../clusters/membership-of-hosts.ts';
import { clusterOf, type Host } from '../hosts/host.ts';
import { allClear, refused, type Verdict } from '../operations/action.ts';
import { Failure } from '../platform/failure.ts';
import type { MembershipParts } from './join.ts';

type Parts = Pick<MembershipParts, 'clusters' | 'hosts'>;

const needless = (host: Host): Failure =>
  new Failure(
    'FORCE_NEEDLESS',
    `host ${host.name} is a member of a cluster that works`,
    'leaveSwarm without force: a manager is demoted first',
  );

/** Its own engine says that it has no leader, or that it cannot start as the manager that it was. */
const isStuck = ({ report }: Host): boolean =>
  /does not have a leader/.test(report?.swarm?.error ?? '') || report?.swarm?.localState === 'ERROR';

/**
 * Why a host may not leave by force, or null. It may when its cluster does not list it (ORPHANED), has lost its quorum,
 * is split or dissolved, when it was a manager before its cluster was begun anew, or when its cluster is not known and
 * its own engine has no leader.
 */
export const whyNotByForce = ({ clusters }: Parts, host: Host): Failure | null => {
  if (membershipOf(host, clusters) === 'ORPHANED') return null;
  const id = clusterOf(host);
  const cluster = id === null ? null : clusters.find(id);
  if (!cluster) return isStuck(host) ? null : needless(host);
  if (cluster.dissolvedAt || cluster.split?.sides.some(({ hosts }) => hosts.includes(host.id))) return null;
  const node = cluster.nodes.get(host.report?.swarm?.nodeId ?? host.membership?.nodeId ?? '');
  if (node && isFormerManager(cluster, node)) return null;
  if (cluster.trouble?.quorumLost) return null;
  if (cluster.trouble?.code === 'NO_LEADER')
    return new Failure(
      'NO_LEADER',
      `${cluster.name} has had no leader for less than half a minute: an election may be running`,
      'wait until its state is QUORUM_LOST',
    );
  return needless(host);
};

/** With these gone nobody would be left who knows the cluster's state. */
const whyNotAll = (
  { clusters, hosts }: Parts,
  clusterId: string,
  leaving: ReadonlySet<string>,
): Failure | null => {
  const cluster = clusters.find(clusterId);
  if (!cluster || cluster.dissolvedAt) return null;
  const stays = cluster.split
    ? cluster.split.sides.some((side) => !side.hosts.some((id) => leaving.has(id)))
    : cluster.trouble?.quorumLost
      ? managersSeen(cluster, hosts).some(
          ({ host, state }) => state === 'UP' && host && !leaving.has(host.id),
        )
      : true;
  return stays
    ? null
    : new Failure(
        'LAST_MANAGER',
        `no manager of ${cluster.name} would be left that knows its state`,
        'keep one to recover from, or dissolveCluster',
      );
};

/** @param members the hosts, connected; `nodeId` null: in no swarm. */
export const judgeByForce = (
  parts: Parts,
  clusterId: string | null,
  members: readonly { hostId: string; nodeId: string | null }[],
): Verdict => {
  const inSwarm = members.filter(({ nodeId }) => nodeId !== null);
  for (const { hostId } of inSwarm) {
    const host = parts.hosts.find(hostId);
    const why = host && whyNotByForce(parts, host);
    if (why) return refused(why);
  }
  const why =
    clusterId === null ? null : whyNotAll(parts, clusterId, new Set(inSwarm.map(({ hostId }) => hostId)));
  return why ? refused(why) : allClear;
};
