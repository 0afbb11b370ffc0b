// What the plural node mutations have in common: nodes of one cluster, named, resolved once.
import * as z from 'zod';
import type { Requester } from '../audit/actor.ts';
import type { NodeObservation } from '../clusters/observation.ts';
import type { FreshRead } from '../clusters/read.ts';
import type { Resolved } from '../operations/action.ts';
import { Failure } from '../platform/failure.ts';
import type { FindNodes } from './reference.ts';

export const nodesInput = z.object({
  nodes: z.array(z.string().trim().min(1)).min(1, 'names no node').max(1_000),
  cluster: z
    .string()
    .nullish()
    .transform((id) => id ?? null),
});
export type NodesInput = z.infer<typeof nodesInput>;
export type NodesPlan = { clusterId: string; nodeIds: string[] };

/** What a plural node mutation names. */
export const namedNodes = ({ nodes }: { nodes: readonly string[] }) =>
  nodes.map((name) => ({ kind: 'NODE', name }));

/** @param locks beside one for each node. */
export const resolveNodes = <Extra extends object>(
  find: FindNodes,
  { nodes: refs, cluster }: NodesInput,
  requester: Requester,
  extra: Extra,
  locks: (clusterId: string) => readonly string[] = () => [],
  options: { allowPrefix?: boolean } = {},
): Resolved<NodesPlan & Extra> => {
  const found = find.all(refs, cluster, requester, options);
  return {
    clusterId: found.cluster.id,
    plan: { clusterId: found.cluster.id, nodeIds: found.nodes.map(({ id }) => id), ...extra },
    targets: found.nodes.map(({ id, hostname }) => ({ kind: 'NODE', id, name: hostname })),
    locks: [...locks(found.cluster.id), ...found.nodes.map(({ id }) => `node:${id}`)],
  };
};

/** @throws Failure NODE_NOT_FOUND when the cluster has lost one of them since. */
export const presentNodes = (state: FreshRead, ids: readonly string[]): NodeObservation[] =>
  ids.map((id) => {
    const node = state.nodes.find((other) => other.id === id);
    if (!node) throw new Failure('NODE_NOT_FOUND', `the cluster no longer has node ${id}`, 'list nodes');
    return node;
  });

/** Those that are still there, in the order that the caller gave: it is kept where nothing speaks against it. */
export const asAsked = (nodes: readonly NodeObservation[], ids: readonly string[]): NodeObservation[] =>
  ids.flatMap((wanted) => nodes.find(({ id }) => id === wanted) ?? []);
