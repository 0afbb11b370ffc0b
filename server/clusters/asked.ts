// The clusters that a query of their objects is about: the one that it names, or all that the caller sees.
import type { Requester } from '../audit/actor.ts';
import type { ScopeOf } from '../hosts/actions.ts';
import type { Cluster } from './cluster.ts';
import { clustersInScope } from './find.ts';
import type { Clusters } from './registry.ts';

/** Empty where the one that is named is unknown or out of scope. Without those that were dissolved. */
export const clustersAsked = (
  { clusters, scopeOf, requester }: { clusters: Clusters; scopeOf: ScopeOf; requester: Requester },
  id: string | null | undefined,
): Cluster[] =>
  clustersInScope(clusters, scopeOf(requester)).filter(
    (cluster) => (id == null || cluster.id === id) && !cluster.dissolvedAt,
  );
