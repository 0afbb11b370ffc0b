// The server's own schema over a projection made by hand, for peers that answer the same queries of the same data.
import type { Cluster } from '../../server/clusters/cluster.ts';
import type { Context } from '../../server/context.ts';
import { createSortedNodes } from '../../server/nodes/list.ts';

export { schema } from '../../server/graphql/schema.ts';

type Label = { key: string; value: string };
/** As the query of bench/measures/nodes.ts has it. */
export type AskedNode = Record<string, unknown> & { id: string; labels: Label[]; engineLabels: Label[] };

const labelsOf = (labels: Label[]) => Object.fromEntries(labels.map(({ key, value }) => [key, value]));

/** @returns a context for each request: one is that of one viewer, who may see all. */
export const contextOf = (nodes: readonly AskedNode[]): (() => Context) => {
  const cluster = {
    id: 'one',
    name: 'one',
    trouble: null,
    nodes: new Map(
      nodes.map((node) => [
        node.id,
        { ...node, labels: labelsOf(node.labels), engineLabels: labelsOf(node.engineLabels) },
      ]),
    ),
  } as unknown as Cluster;
  const parts = {
    clusters: { list: () => [cluster], find: () => cluster },
    holders: { authorise: () => true },
    requester: { actor: { kind: 'API_KEY', id: 'one', name: 'one' } },
    scopeOf: () => null,
    events: { head: () => 'head' },
    sortedNodes: createSortedNodes(),
  };
  return () => ({ ...parts }) as unknown as Context;
};
