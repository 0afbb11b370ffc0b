// Emptying one node: drain is asked for and seen, then its tasks are read until none is left that has not ended.
import type { Availability, NodeObservation } from '../clusters/observation.ts';
import type { ReadCluster } from '../clusters/read.ts';
import type { Run } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import { engineAvailability } from './availability.ts';
import type { ChangeNode } from './change.ts';
import { hasNotEnded, type Task } from './tasks.ts';
import type { ReadWorkload } from './workload.ts';

export type EmptyParts = { change: ChangeNode; read: ReadCluster; workload: ReadWorkload; clock: Clock };

/** EMPTY: no task is left. CANCELLED: somebody cancelled before, the node is still in drain. */
export type Emptied = 'EMPTY' | 'CANCELLED';

const lookEveryMs = 500;
/** Named in a failure; all are counted. */
const namedTasks = 10;

/** Asks for drain and waits until a manager shows it. */
export const setDrain = (
  { change }: EmptyParts,
  run: Run,
  clusterId: string,
  nodeId: string,
): Promise<void> =>
  change.apply(
    run,
    clusterId,
    nodeId,
    { availability: 'drain' },
    ({ availability }) => availability === 'DRAIN',
  );

/** Gives the node the availability back that it had before the operation. */
export const restore = (
  { change }: EmptyParts,
  run: Run,
  clusterId: string,
  nodeId: string,
  earlier: Availability,
): Promise<void> =>
  run.step('restore availability', nodeId, () =>
    change.apply(
      run,
      clusterId,
      nodeId,
      { availability: engineAvailability(earlier) },
      ({ availability }) => availability === earlier,
    ),
  );

/** Tasks by the names of their services, where those can be read. */
const nameTasks = async (
  { workload }: EmptyParts,
  clusterId: string,
  tasks: readonly Task[],
): Promise<string> => {
  const services = await workload.ofCluster(clusterId).then(
    (read) => new Map(read.services.map(({ id, name }) => [id, name])),
    () => new Map<string, string>(),
  );
  const named = tasks.slice(0, namedTasks).map(({ id, serviceId, slot, state }) => {
    const service = serviceId === null ? 'a task' : (services.get(serviceId) ?? serviceId);
    return `${service}${slot ? `.${slot}` : ''} (${id}, ${state})`;
  });
  return `${named.join(', ')}${tasks.length > named.length ? ` and ${tasks.length - named.length} more` : ''}`;
};

type Look = { node: NodeObservation; left: Task[]; began: Date };

/**
 * Waits until the node, in drain, has no task that has not ended. At least one look is taken, also after the deadline:
 * after a restart it may be empty already.
 * @param left hears how many tasks are left, at each look.
 * @throws Failure DRAIN_DEADLINE with the tasks left, NODE_NOT_FOUND, NOT_OBSERVED when it is no longer in drain.
 */
export const awaitEmpty = (
  parts: EmptyParts,
  run: Run,
  clusterId: string,
  nodeId: string,
  deadline: Date,
  left: (tasks: number) => void,
): Promise<Emptied> =>
  run.step('await empty', nodeId, async () => {
    const seen: { last: Look | null; trouble: Failure | null } = { last: null, trouble: null };
    /** Both reads begin now: the node is seen in drain, then its tasks. */
    const look = async (): Promise<Look | null> => {
      try {
        const state = await parts.read.fresh(clusterId);
        const node = state.nodes.find(({ id }) => id === nodeId);
        if (!node)
          throw new Failure('NODE_NOT_FOUND', `the cluster no longer has node ${nodeId}`, 'list nodes');
        const tasks = await parts.workload.ofNode(clusterId, nodeId);
        return { node, left: tasks.filter(hasNotEnded), began: state.began };
      } catch (error) {
        if (!(error instanceof Failure) || error.code === 'NODE_NOT_FOUND') throw error;
        seen.trouble = error;
        return null;
      }
    };
    const emptied = await waitFor<Emptied>(
      async () => {
        if (run.cancel.aborted) return 'CANCELLED';
        const now = await look();
        if (!now) return null;
        seen.last = now;
        if (now.node.availability !== 'DRAIN')
          throw new Failure(
            'NOT_OBSERVED',
            `somebody set ${now.node.hostname} ${now.node.availability} while it was being drained`,
            'read the node, then repeat',
          );
        left(now.left.length);
        if (now.left.length > 0) return null;
        run.observed(now.began);
        return 'EMPTY';
      },
      {
        timeoutMs: Math.max(0, deadline.getTime() - parts.clock.now().getTime()),
        intervalMs: lookEveryMs,
        signal: run.signal,
      },
    );
    if (emptied !== null) return emptied;
    throw await tooLate(parts, clusterId, nodeId, seen.last, seen.trouble);
  });

const tooLate = async (
  parts: EmptyParts,
  clusterId: string,
  nodeId: string,
  last: Look | null,
  trouble: Failure | null,
): Promise<Failure> => {
  if (!last)
    return new Failure(
      'DRAIN_DEADLINE',
      `node ${nodeId} is in drain; what is left there could not be read: ${trouble?.message ?? 'no answer'}`,
      'read the node, then repeat',
    );
  const { node, left } = last;
  return new Failure(
    'DRAIN_DEADLINE',
    `${node.hostname} stays in drain with ${left.length} tasks left: ${await nameTasks(parts, clusterId, left)}`,
    'repeat with a longer deadline to wait on, look why they do not stop, or set it ACTIVE again',
  );
};
