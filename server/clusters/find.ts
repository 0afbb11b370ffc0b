// Finding the cluster that an input names, in the requester's scope.

import type { Requester } from '../audit/actor.ts';
import type { ScopeOf } from '../hosts/actions.ts';
import { Failure } from '../platform/failure.ts';
import type { Cluster } from './cluster.ts';
import type { Clusters } from './registry.ts';

export const clustersInScope = (clusters: Clusters, scope: readonly string[] | null): readonly Cluster[] =>
  clusters.list().filter(({ id }) => scope === null || scope.includes(id));

/** @throws Failure NOT_FOUND, also where it is out of scope. */
export const findCluster = (
  clusters: Clusters,
  id: string,
  scopeOf: ScopeOf,
  requester: Requester,
): Cluster => {
  const scope = scopeOf(requester);
  const cluster = clusters.find(id);
  if (!cluster || (scope !== null && !scope.includes(id)))
    throw new Failure('NOT_FOUND', `no cluster ${id}`, 'list clusters');
  return cluster;
};

/** Why what can lose a cluster is not done: its name was not typed. Null: it was. */
export const whyNotConfirmed = ({ name }: Cluster, confirm: string): Failure | null =>
  confirm === name
    ? null
    : new Failure('NOT_CONFIRMED', `confirm is not «${name}»`, 'type the name of the cluster that is meant');

/** Why no change is sent to it, or null. */
export const whyReadOnly = (cluster: Cluster): Failure | null => {
  if (cluster.dissolvedAt) return new Failure('NOT_FOUND', `cluster ${cluster.name} was dissolved`);
  if (!cluster.adoptedAt)
    return new Failure(
      'NOT_ADOPTED',
      `cluster ${cluster.name} was found, not made by Skep`,
      'adoptCluster first',
    );
  if (cluster.split)
    return new Failure(
      'CLUSTER_SPLIT',
      `two live swarms have the id of ${cluster.name}`,
      'its advice names both sides: let the hosts of the wrong one leave by force',
    );
  const seen = cluster.swarm?.caDigest ?? null;
  if (cluster.caDigest !== null && seen !== null && seen !== cluster.caDigest)
    return new Failure(
      'CLUSTER_CHANGED',
      `the CA digest of ${cluster.name} is ${seen}, and ${cluster.caDigest} is pinned`,
      'if its CA was rotated on purpose, adoptCluster again; otherwise look who answers as this cluster',
    );
  return null;
};
