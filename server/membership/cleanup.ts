// What is left over in a cluster, by the identity of hosts: nodes that nobody is any more, hosts that nobody lists.
import type { Cluster, SeenNode } from '../clusters/cluster.ts';
import { membershipOf, nodesLeft } from '../clusters/membership-of-hosts.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { Host } from '../hosts/host.ts';
import type { Hosts } from '../hosts/registry.ts';

/**
 * NODE_SUPERSEDED: its host is another node by now. NODE_LEFT: its host has left the swarm. NODE_DOWN: Down for long.
 * HOST_ORPHANED: its engine takes itself for a member, the cluster does not list it.
 */
export const cleanupKinds = ['NODE_SUPERSEDED', 'NODE_LEFT', 'NODE_DOWN', 'HOST_ORPHANED'] as const;

export type CleanupAdvice = {
  kind: (typeof cleanupKinds)[number];
  nodeId: string | null;
  hostId: string | null;
  since: Date | null;
  advice: string;
  /** What does it; null: nothing of it is safe now. */
  mutation: 'decommissionNodes' | 'leaveSwarm' | null;
};

/** Since when it has been Down; also of a node that was stored before this was looked at. */
export const downSinceOf = ({ status, downSince, updatedAt }: SeenNode): Date | null =>
  status.state === 'DOWN' ? new Date(downSince ?? updatedAt) : null;

/** The host is a member as another node: nothing comes back as the old one. */
const isAnother = (host: Host, nodeId: string, clusters: Clusters): boolean => {
  const now = host.report?.swarm?.nodeId ?? null;
  return now !== null && now !== nodeId && clusters.ofNode(now) !== null;
};

const adviceOnNode = (
  { clusters, hosts }: { clusters: Clusters; hosts: Hosts },
  node: SeenNode,
  isLong: boolean,
): Omit<CleanupAdvice, 'since' | 'nodeId'> | null => {
  const host = hosts.ofMember(node.id) ?? (node.hostId === null ? null : hosts.find(node.hostId));
  const counts =
    node.role === 'MANAGER' || node.managerStatus
      ? ' It still counts as a manager: decommissioning demotes it first.'
      : '';
  const hostId = host?.id ?? null;
  const remove = { hostId, mutation: 'decommissionNodes' as const };
  if (host && isAnother(host, node.id, clusters))
    return {
      kind: 'NODE_SUPERSEDED',
      ...remove,
      advice: `host ${host.name} has joined again, as node ${host.report?.swarm?.nodeId}: nothing comes back as this one, it is safe to remove.${counts}`,
    };
  if (nodesLeft(hosts).has(node.id))
    return {
      kind: 'NODE_LEFT',
      ...remove,
      advice: `host ${host?.name ?? ''} has left the swarm: nothing comes back as this node, it is safe to remove.${counts}`,
    };
  if (!isLong) return null;
  if (host?.status === 'CONNECTED' && host.report?.swarm?.nodeId === node.id)
    return {
      kind: 'NODE_DOWN',
      hostId,
      mutation: null,
      advice: `the engine of host ${host.name} runs and takes itself for this node: look at the network between it and the managers; removed it would be ORPHANED`,
    };
  return {
    kind: 'NODE_DOWN',
    ...remove,
    advice: `no engine answers as this node: if its machine does not come back, it is safe to remove; if it does, it would be ORPHANED.${counts}`,
  };
};

/** All that is left over, as last seen: what nobody comes back as first, then by how long. */
export const cleanupOf = (
  parts: { clusters: Clusters; hosts: Hosts },
  cluster: Cluster,
  downForSeconds: number,
  now: Date,
): CleanupAdvice[] => {
  const nodes = [...cluster.nodes.values()].flatMap((node): CleanupAdvice[] => {
    const since = downSinceOf(node);
    if (since === null) return [];
    const isLong = now.getTime() - since.getTime() >= downForSeconds * 1_000;
    const advice = adviceOnNode(parts, node, isLong);
    return advice ? [{ ...advice, nodeId: node.id, since }] : [];
  });
  const orphans = parts.hosts
    .list()
    .filter(
      (host) =>
        host.revokedAt === null &&
        host.membership?.clusterId === cluster.id &&
        membershipOf(host, parts.clusters) === 'ORPHANED',
    )
    .map(
      (host): CleanupAdvice => ({
        kind: 'HOST_ORPHANED',
        nodeId: null,
        hostId: host.id,
        since: null,
        advice: `host ${host.name} takes itself for node ${host.membership?.nodeId}, which the cluster no longer lists: let it leave by force (cluster:force), then join it again`,
        mutation: 'leaveSwarm',
      }),
    );
  const all = [...nodes, ...orphans].sort(
    (a, b) =>
      cleanupKinds.indexOf(a.kind) - cleanupKinds.indexOf(b.kind) ||
      (a.since?.getTime() ?? 0) - (b.since?.getTime() ?? 0),
  );
  // What is shown may be old: nothing is safe that rests on it.
  return cluster.trouble
    ? all.map((advice) => ({
        ...advice,
        advice: `${cluster.name} cannot be read now, so this may be old: ${advice.advice}`,
        mutation: null,
      }))
    : all;
};
