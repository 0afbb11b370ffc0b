// Which nodes a rolling maintenance is of: named one by one, or selected by role and labels as of the intent.
import type { Requester } from '../audit/actor.ts';
import type { SeenNode } from '../clusters/cluster.ts';
import { findCluster } from '../clusters/find.ts';
import type { Resolved } from '../operations/action.ts';
import { Failure } from '../platform/failure.ts';
import type { MaintenanceParts } from './parts.ts';
import type { Input, Plan, Selector } from './plan.ts';

const fits = ({ role, labels }: Selector, node: SeenNode): boolean =>
  (role == null || node.role === role) && labels.every(({ key, value }) => node.labels[key] === value);

/** @throws Failure NOT_FOUND: the cluster, a node, the hook, or nothing is selected. */
export const selectNodes = (
  { find, clusters, scopeOf, hooks }: MaintenanceParts,
  input: Input,
  requester: Requester,
): Resolved<Plan> => {
  const { nodes: refs, selector, hook } = input;
  const cluster = findCluster(clusters, input.cluster, scopeOf, requester);
  const nodes = refs
    ? find.all(refs, cluster.id, requester).nodes
    : [...cluster.nodes.values()].filter((node) => selector != null && fits(selector, node));
  if (nodes.length === 0) throw new Failure('NOT_FOUND', 'the selector fits no node', 'list nodes');
  if (hook != null && !hooks.names.includes(hook))
    throw new Failure(
      'NOT_FOUND',
      `the server has no maintenance hook ${hook}`,
      hooks.names.length > 0
        ? `it has ${hooks.names.join(', ')}`
        : 'SKEP_MAINTENANCE_HOOKS of the server names them',
    );
  return {
    clusterId: cluster.id,
    plan: {
      clusterId: cluster.id,
      nodeIds: nodes.map(({ id }) => id),
      maxUnavailable: input.maxUnavailable,
      proceed: input.proceed,
      hook: hook ?? null,
      drainDeadlineSeconds: input.drainDeadlineSeconds,
      backDeadlineSeconds: input.backDeadlineSeconds,
      paused: null,
      works: {},
    },
    targets: nodes.map(({ id, hostname }) => ({ kind: 'NODE', id, name: hostname })),
    // It lives for hours: each node's locks are taken when its turn comes.
    locks: [],
  };
};
