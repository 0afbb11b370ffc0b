// The cluster that a query is about: the one that it names, or the only one that the caller sees.
import type { Requester } from '../audit/actor.ts';
import type { ScopeOf } from '../hosts/actions.ts';
import { Failure } from '../platform/failure.ts';
import { clustersInScope } from './find.ts';
import type { Clusters } from './registry.ts';

/**
 * @returns its id; null: none of that id, or none at all, is in scope.
 * @throws Failure BAD_USER_INPUT where none is named and there are several.
 */
export const oneInScope = (
  { clusters, scopeOf, requester }: { clusters: Clusters; scopeOf: ScopeOf; requester: Requester },
  id: string | null | undefined,
): string | null => {
  const seen = clustersInScope(clusters, scopeOf(requester));
  if (id != null) return seen.find((cluster) => cluster.id === id)?.id ?? null;
  const [only, ...others] = seen.filter(({ dissolvedAt }) => !dissolvedAt);
  if (others.length > 0)
    throw new Failure('BAD_USER_INPUT', 'cluster is missing: several are in scope', 'name one of them');
  return only?.id ?? null;
};
