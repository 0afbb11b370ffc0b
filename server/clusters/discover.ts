// A cluster appears when an agent reports an active manager of one that is not known yet.
import type { Host } from '../hosts/host.ts';
import type { Hosts } from '../hosts/registry.ts';
import type { Log } from '../platform/log.ts';
import type { Clusters } from './registry.ts';

export type Discover = {
  /** While an operation makes a cluster on this host, what the host reports is that operation's to tell. */
  claim(hostId: string): () => void;
};

/** Of clusters that were only found: a broken agent could report new ones without end. */
const mostDiscovered = 100;

/** A name until somebody gives one: ids are what tells clusters apart. */
export const nameOf = (clusterId: string): string => `swarm-${clusterId.slice(0, 8)}`;

export const createDiscover = ({
  clusters,
  hosts,
  log,
}: {
  clusters: Clusters;
  hosts: Hosts;
  log: Log;
}): Discover => {
  const claimed = new Set<string>();
  const look = (host: Host): void => {
    const swarm = host.report?.swarm;
    if (!swarm?.controlAvailable || !swarm.clusterId || host.revokedAt || claimed.has(host.id)) return;
    if (clusters.find(swarm.clusterId)) return;
    if (clusters.list().filter(({ adoptedAt }) => adoptedAt === null).length >= mostDiscovered) {
      log.error({ host: host.id, cluster: swarm.clusterId }, 'too many clusters wait for their adoption');
      return;
    }
    clusters
      .create({
        id: swarm.clusterId,
        name: nameOf(swarm.clusterId),
        adopted: false,
        caDigest: null,
        discoveredThrough: host.name,
      })
      // Two managers of it may report at once: the second finds it made.
      .catch((error: unknown) => log.debug({ err: error, cluster: swarm.clusterId }, 'already discovered'));
  };
  hosts.onChange(look);
  for (const host of hosts.list()) if (host.status === 'CONNECTED') look(host);
  return {
    claim: (hostId) => {
      claimed.add(hostId);
      return () => {
        claimed.delete(hostId);
        const host = hosts.find(hostId);
        if (host) look(host);
      };
    },
  };
};
