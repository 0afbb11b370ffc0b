// NodeRef: how a caller names a node. In Docker's order: full id, exact hostname, unique id prefix.
import type { Requester } from '../audit/actor.ts';
import type { Cluster, SeenNode } from '../clusters/cluster.ts';
import { clustersInScope, findCluster } from '../clusters/find.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { ScopeOf } from '../hosts/actions.ts';
import { Failure } from '../platform/failure.ts';

export type Found = { cluster: Cluster; node: SeenNode };

/** Docker's ids have 25 characters. */
const idLength = 25;

export type FindNodes = {
  /** @throws Failure NOT_FOUND, AMBIGUOUS_REFERENCE (with the candidates in the caller's scope) */
  one(
    ref: string,
    clusterId: string | null,
    requester: Requester,
    options?: { allowPrefix?: boolean },
  ): Found;
  /** All of one cluster, each once, in the order asked. @throws Failure as `one`, BAD_USER_INPUT for several clusters. */
  all(
    refs: readonly string[],
    clusterId: string | null,
    requester: Requester,
    options?: { allowPrefix?: boolean },
  ): { cluster: Cluster; nodes: SeenNode[] };
};

const candidates = (found: readonly Found[]): string =>
  found
    .slice(0, 10)
    .map(({ node }) => `${node.id} (${node.hostname})`)
    .join(', ');

export const createFindNodes = ({
  clusters,
  scopeOf,
}: {
  clusters: Clusters;
  scopeOf: ScopeOf;
}): FindNodes => {
  const one: FindNodes['one'] = (ref, clusterId, requester, { allowPrefix = true } = {}) => {
    const visible = clustersInScope(clusters, scopeOf(requester));
    const searched = clusterId === null ? visible : [findCluster(clusters, clusterId, scopeOf, requester)];
    const everywhere = searched.flatMap((cluster) =>
      [...cluster.nodes.values()].map((node) => ({ cluster, node })),
    );
    const byId = everywhere.find(({ node }) => node.id === ref);
    if (byId) return byId;
    if (searched.length !== 1 && ref.length !== idLength)
      throw new Failure('NOT_FOUND', `no node with the id ${ref}`, 'name the cluster, or give the full id');
    const byName = everywhere.filter(({ node }) => node.hostname === ref);
    const found =
      byName.length > 0 || !allowPrefix ? byName : everywhere.filter(({ node }) => node.id.startsWith(ref));
    const [first, second] = found;
    if (!first) throw new Failure('NOT_FOUND', `no node ${ref}`, 'list nodes');
    if (second)
      throw new Failure(
        'AMBIGUOUS_REFERENCE',
        `${ref} fits ${found.length} nodes: ${candidates(found)}`,
        'give a full id',
      );
    return first;
  };
  return {
    one,
    all: (refs, clusterId, requester, options) => {
      const found = refs.map((ref) => one(ref, clusterId, requester, options));
      const [first] = found;
      if (!first) throw new Failure('BAD_USER_INPUT', 'input.nodes is empty', 'name at least one node');
      if (found.some(({ cluster }) => cluster.id !== first.cluster.id))
        throw new Failure(
          'BAD_USER_INPUT',
          'input.nodes are of several clusters',
          'one mutation changes one cluster',
        );
      return {
        cluster: first.cluster,
        nodes: [...new Map(found.map(({ node }) => [node.id, node])).values()],
      };
    },
  };
};
