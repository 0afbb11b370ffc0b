// Which host is which node: matched by NodeID alone, kept with the host, and found again after it fell out.
import type { Host } from '../hosts/host.ts';
import type { Hosts } from '../hosts/registry.ts';
import type { Log } from '../platform/log.ts';
import type { Cluster } from './cluster.ts';
import type { Clusters } from './registry.ts';

/**
 * NONE: in no swarm. MEMBER: its cluster lists its node. ORPHANED: it believes to be a member, its cluster does not
 * list it. UNKNOWN: no manager of its cluster has been heard, or its cluster is not known to Skep.
 */
export const memberships = ['NONE', 'MEMBER', 'ORPHANED', 'UNKNOWN'] as const;
export type Membership = (typeof memberships)[number];

export const membershipOf = (host: Host, clusters: Clusters): Membership => {
  const swarm = host.report?.swarm;
  if (!swarm || swarm.localState === 'LOCKED') return 'UNKNOWN';
  if (swarm.localState === 'INACTIVE') return 'NONE';
  if (!swarm.nodeId) return 'UNKNOWN';
  if (clusters.ofNode(swarm.nodeId)) return 'MEMBER';
  const own = host.membership && clusters.find(host.membership.clusterId);
  const isRead = own && (own.dissolvedAt !== null || (own.trouble === null && own.observedAt !== null));
  return isRead && host.membership?.nodeId === swarm.nodeId ? 'ORPHANED' : 'UNKNOWN';
};

/**
 * Ids of the nodes whose hosts have told that they are these no longer; the managers find out when the heartbeats stay
 * away, 10 to 15 seconds later. An engine that is locked or in trouble tells no node id, and has not left.
 */
export const nodesLeft = (hosts: Pick<Hosts, 'list'>): ReadonlySet<string> =>
  new Set(
    hosts.list().flatMap(({ membership, report }) => {
      const swarm = report?.swarm;
      if (!membership || !swarm) return [];
      const left =
        swarm.localState === 'INACTIVE' || (swarm.nodeId !== null && swarm.nodeId !== membership.nodeId);
      return left ? [membership.nodeId] : [];
    }),
  );

/** Keeps the hosts' memberships as clusters and reports show them. */
export const followMemberships = ({
  hosts,
  clusters,
  log,
}: {
  hosts: Hosts;
  clusters: Clusters;
  log: Log;
}): void => {
  const store = (host: Host, membership: NonNullable<Host['membership']>): void => {
    if (host.membership?.nodeId === membership.nodeId && host.membership.clusterId === membership.clusterId)
      return;
    hosts
      .change(host.id, { membership })
      .catch((error: unknown) => log.warn({ err: error, host: host.id }, 'a membership was not stored'));
  };
  const follow = (host: Host): void => {
    const swarm = host.report?.swarm;
    if (!swarm) return;
    const cluster = swarm.nodeId ? clusters.ofNode(swarm.nodeId) : null;
    if (cluster && swarm.nodeId) store(host, { nodeId: swarm.nodeId, clusterId: cluster.id });
  };
  hosts.onChange(follow);
  const seen = new WeakSet<Cluster['nodes']>();
  clusters.onChange(({ nodes }) => {
    if (seen.has(nodes)) return;
    seen.add(nodes);
    for (const host of hosts.list()) follow(host);
  });
};
