// Which hosts of a cluster lack what a network or a service needs of their kernels.
import { featureOf, type KernelFeature } from '../hosts/kernel.ts';
import type { Hosts } from '../hosts/registry.ts';
import type { Clusters } from './registry.ts';

/** Nodes by hostname. `unknown`: those without an agent too. */
export type Lacking = { missing: readonly string[]; unknown: readonly string[] };

/** Of all nodes that the cluster is known to have; one that is Down may come back, and counts. */
export const lacking = (
  { clusters, hosts }: { clusters: Clusters; hosts: Hosts },
  clusterId: string,
  feature: KernelFeature,
): Lacking => {
  const nodes = [...(clusters.find(clusterId)?.nodes.values() ?? [])].map(({ id, hostname }) => ({
    hostname,
    state: featureOf(hosts.ofMember(id), feature),
  }));
  const named = (wanted: string): string[] =>
    nodes.flatMap(({ hostname, state }) => (state === wanted ? [hostname] : [])).sort();
  return { missing: named('MISSING'), unknown: named('UNKNOWN') };
};
