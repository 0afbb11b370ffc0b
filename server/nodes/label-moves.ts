// Which tasks a change of labels moves: those of services that are constrained by one of them and no longer fit.
import type { NodeObservation } from '../clusters/observation.ts';
import type { Warning } from '../operations/operation.ts';
import { Failure } from '../platform/failure.ts';
import { fits } from './placement.ts';
import type { ReadWorkload, Workload } from './workload.ts';

type LabelChange = { set: readonly { key: string; value: string }[]; remove: readonly string[] };

const namedServices = 10;

const labelled = (node: NodeObservation, { set, remove }: LabelChange): NodeObservation => {
  const labels = new Map(Object.entries(node.labels));
  for (const key of remove) labels.delete(key);
  for (const { key, value } of set) labels.set(key, value);
  return { ...node, labels: Object.fromEntries(labels) };
};

/** Services of which running tasks on the node do not fit afterwards, each with how many. */
export const movedBy = (
  { services, tasks }: Workload,
  node: NodeObservation,
  change: LabelChange,
): { name: string; tasks: number }[] => {
  const after = labelled(node, change);
  return services.flatMap((service) => {
    if (!fits(service, node) || fits(service, after)) return [];
    const count = tasks.filter(
      ({ serviceId, nodeId }) => serviceId === service.id && nodeId === node.id,
    ).length;
    return count > 0 ? [{ name: service.name, tasks: count }] : [];
  });
};

/** The workload, or why it cannot be read. Begun beside the read of the nodes, which it is not to make slower. */
export const workloadNow = (workload: ReadWorkload, clusterId: string): Promise<Workload | Failure> =>
  workload.ofCluster(clusterId).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw error;
  });

/**
 * TASKS_MOVE for each node whose tasks do. Where the workload cannot be read, WORKLOAD_UNKNOWN, for a label can be set
 * without knowing it.
 */
export const warnOfMoves = (
  all: Workload | Failure,
  nodes: readonly NodeObservation[],
  change: LabelChange,
): Warning[] => {
  const changed = nodes.filter(
    ({ labels }) =>
      change.set.some(({ key, value }) => labels[key] !== value) ||
      change.remove.some((key) => Object.hasOwn(labels, key)),
  );
  if (changed.length === 0) return [];
  if (all instanceof Failure)
    return [
      {
        code: 'WORKLOAD_UNKNOWN',
        message: `which tasks move is not known: ${all.message}`,
        target: null,
      },
    ];
  return changed.flatMap((node) => {
    const moved = movedBy(all, node, change);
    if (moved.length === 0) return [];
    const named = moved
      .slice(0, namedServices)
      .map(({ name, tasks }) => `${name} (${tasks} ${tasks === 1 ? 'task' : 'tasks'})`);
    const more = moved.length > namedServices ? ` and ${moved.length - namedServices} more services` : '';
    const message = `${node.hostname} no longer fits ${named.join(', ')}${more}: their tasks move, or wait where no node fits`;
    return [{ code: 'TASKS_MOVE', message, target: node.id }];
  });
};
