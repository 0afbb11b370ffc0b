// What is there of what a fleet document speaks of: read live, in the caller's scope.
import type { Requester } from '../audit/actor.ts';
import type { ManagerParts } from '../clusters/ask-manager.ts';
import type { Cluster } from '../clusters/cluster.ts';
import { clustersInScope } from '../clusters/find.ts';
import type { NodeObservation } from '../clusters/observation.ts';
import type { ReadCluster } from '../clusters/read.ts';
import { inScope, type ScopeOf } from '../hosts/actions.ts';
import type { Host } from '../hosts/host.ts';
import type { Hosts } from '../hosts/registry.ts';
import { type Network, readNetworks } from '../networks/network.ts';
import { Failure } from '../platform/failure.ts';
import type { ReadServices } from '../services/read.ts';
import type { Service } from '../services/swarm-service.ts';
import type { FleetDocument } from './document.ts';

export type FleetState = {
  /** Null: it is not there yet. */
  cluster: Pick<Cluster, 'id' | 'name'> | null;
  nodes: readonly NodeObservation[];
  /** Those that may be named, by name. */
  hosts: readonly Host[];
  /** Null: not read, since the document speaks of none. */
  networks: readonly Network[] | null;
  services: readonly Service[] | null;
};

export type FleetParts = ManagerParts & {
  hosts: Hosts;
  read: ReadCluster;
  services: ReadServices;
  scopeOf: ScopeOf;
};

/** Docker's ids: nobody calls a cluster so. */
const isId = (ref: string): boolean => /^[a-z0-9]{25}$/.test(ref);

/** Null: to be made; undefined: an id that is unknown or out of scope. */
export const clusterNamed = (
  { clusters, scopeOf }: Pick<FleetParts, 'clusters' | 'scopeOf'>,
  ref: string,
  requester: Requester,
): Cluster | null | undefined => {
  const present = clustersInScope(clusters, scopeOf(requester)).filter(({ dissolvedAt }) => !dissolvedAt);
  const found = present.find(({ id }) => id === ref) ?? present.find(({ name }) => name === ref);
  return found ?? (isId(ref) ? undefined : null);
};

/** @throws Failure CLUSTER_UNREACHABLE, NO_LEADER, NOT_ALLOWED …, of the first read that fails */
export const readFleet = async (
  parts: FleetParts,
  document: FleetDocument,
  requester: Requester,
): Promise<FleetState> => {
  const cluster = clusterNamed(parts, document.cluster, requester);
  if (cluster === undefined)
    throw new Failure('NOT_FOUND', `no cluster ${document.cluster}`, 'list clusters');
  const scope = parts.scopeOf(requester);
  const hosts = () =>
    parts.hosts.sorted().filter((host) => host.status !== 'REVOKED' && inScope(host, scope));
  if (!cluster) return { cluster: null, nodes: [], hosts: hosts(), networks: null, services: null };
  const withNetworks =
    document.networks.length > 0 || document.services.some(({ wanted }) => wanted.networks !== null);
  const [{ nodes }, networks, services] = await Promise.all([
    parts.read.fresh(cluster.id),
    withNetworks ? readNetworks(parts, cluster.id) : null,
    document.services.length > 0 ? parts.services.all(cluster.id) : null,
  ]);
  return { cluster, nodes, hosts: hosts(), networks: networks?.networks ?? null, services };
};
