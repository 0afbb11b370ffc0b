// Which agents can speak for a cluster: those of its managers, trusted, connected, the leader's first.
import type { Host } from '../hosts/host.ts';
import type { Links } from '../hosts/links.ts';
import type { Hosts } from '../hosts/registry.ts';
import { Failure } from '../platform/failure.ts';
import { type Cluster, isFormerManager } from './cluster.ts';

export type Managers = {
  /** Connected managers of the cluster, the leader first. Empty: none. */
  of(cluster: Cluster): readonly Host[];
  /** @throws Failure when there is none: SWARM_LOCKED when some wait for their key, otherwise CLUSTER_UNREACHABLE. */
  first(cluster: Cluster): Host;
  /**
   * Until the returned function is called, this node's engine speaks for its cluster only where no other can: a manager
   * that is being demoted answers with what it knew, hangs, or refuses, for up to 8 seconds.
   */
  avoid(nodeId: string): () => void;
  /** Whether the host's engine is one that is avoided now. */
  isAvoided(host: Host): boolean;
};

/** A manager without a leader does not say of which cluster it is: then what it was counts. */
const speaksFor = (cluster: Cluster, { report, membership }: Host): boolean => {
  const swarm = report?.swarm;
  if (!swarm?.controlAvailable) return false;
  if (swarm.clusterId !== null) return swarm.clusterId === cluster.id;
  return membership?.clusterId === cluster.id && membership.nodeId === swarm.nodeId;
};

/**
 * Trusted: Skep made it a member, or a trusted manager listed its NodeID as a manager. Who was a manager before the
 * cluster was begun anew is listed as one and is none: two of them can be a second swarm with its id. A cluster that is
 * only discovered is read through whoever reported it: nothing is ever sent to it.
 */
const isTrusted = (cluster: Cluster, host: Host): boolean => {
  const nodeId = host.report?.swarm?.nodeId;
  if (!nodeId) return false;
  if (cluster.adoptedAt === null || cluster.nodes.size === 0) return true;
  const node = cluster.nodes.get(nodeId);
  if (!node || isFormerManager(cluster, node)) return false;
  return node.role === 'MANAGER' || host.membership?.nodeId === nodeId;
};

/** While two live swarms have its id, one of them is read. */
const isOfOtherSide = ({ split }: Cluster, { id }: Host): boolean =>
  split?.sides.slice(1).some(({ hosts }) => hosts.includes(id)) ?? false;

export const createManagers = ({ hosts, links }: { hosts: Hosts; links: Links }): Managers => {
  const avoided = new Map<string, number>();
  const of: Managers['of'] = (cluster) => {
    const found = hosts.controllers().filter((host) => {
      return (
        links.of(host.id) !== null &&
        !host.revokedAt &&
        speaksFor(cluster, host) &&
        isTrusted(cluster, host) &&
        !isOfOtherSide(cluster, host)
      );
    });
    const rank = (host: Host): number => {
      const nodeId = host.report?.swarm?.nodeId ?? '';
      const status = cluster.nodes.get(nodeId)?.managerStatus;
      if (avoided.has(nodeId)) return 3;
      return status?.leader ? 0 : status?.reachability === 'REACHABLE' ? 1 : 2;
    };
    return found.sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
  };
  return {
    of,
    isAvoided: ({ report }) => avoided.has(report?.swarm?.nodeId ?? ''),
    first: (cluster) => {
      const host = of(cluster)[0];
      if (host) return host;
      const silent = hosts
        .list()
        .filter(({ id, membership }) => membership?.clusterId === cluster.id && links.of(id) !== null);
      const locked = silent.filter(({ report }) => report?.swarm?.localState === 'LOCKED');
      if (locked.length > 0)
        throw new Failure(
          'SWARM_LOCKED',
          `of ${cluster.name} ${locked.map(({ name }) => name).join(', ')} wait for the unlock key, and no other manager answers`,
          'unlockHosts with the key',
        );
      throw new Failure(
        'CLUSTER_UNREACHABLE',
        silent.length > 0
          ? `of ${cluster.name} no manager’s engine answers its agent`
          : `no agent of a manager of ${cluster.name} is connected`,
        'look at its managers’ engines and agents, or wait for them to come back',
      );
    },
    avoid: (nodeId) => {
      avoided.set(nodeId, (avoided.get(nodeId) ?? 0) + 1);
      return () => {
        const left = (avoided.get(nodeId) ?? 1) - 1;
        if (left > 0) avoided.set(nodeId, left);
        else avoided.delete(nodeId);
      };
    },
  };
};
