// removeService: docker service rm. Done when it is not listed and none of its tasks is left.
// https://docs.docker.com/engine/swarm/services/#remove-a-service
import * as z from 'zod';
import { failureOf } from '../hosts/commands.ts';
import { hasNotEnded, type Task } from '../nodes/tasks.ts';
import { type Action, allClear } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import { changesOf } from '../platform/changes.ts';
import { Failure } from '../platform/failure.ts';
import { deadlineInput, serviceRef } from './input.ts';
import {
  changeableCluster,
  clusterNow,
  deadlineOf,
  lockOf,
  namedService,
  presentService,
  type ServicesParts,
} from './parts.ts';
import { mixedEngines, suitableManagers } from './suitable.ts';
import { setByPeople } from './swarm-service.ts';

const input = z.object({ cluster: z.string(), service: serviceRef, deadlineSeconds: deadlineInput });
type Input = z.infer<typeof input>;
type Plan = { clusterId: string; serviceId: string; deadlineSeconds: number; nodeIds: string[] };
export type RemoveParts = ServicesParts & {
  /** All tasks that the managers know of a node, also those whose service is gone. */
  tasksOf: (clusterId: string, nodeId: string) => Promise<Task[]>;
};

const everyMs = 250;

export const removeServiceAction = (parts: RemoveParts): Action<Input, Plan> => ({
  name: 'removeService',
  permission: 'service:write',
  input: input as z.ZodType<Input>,
  named: ({ service }) => [{ kind: 'SERVICE', name: service }],
  resolve: async ({ cluster: ref, service: name, deadlineSeconds }, requester) => {
    const cluster = changeableCluster(parts, ref, requester);
    const { service } = await namedService(parts, cluster, name);
    return {
      clusterId: cluster.id,
      plan: { clusterId: cluster.id, serviceId: service.id, deadlineSeconds, nodeIds: [] },
      targets: [{ kind: 'SERVICE', id: service.id, name: service.name }],
      locks: [lockOf(service.id)],
    };
  },
  reachable: ({ clusterId }) => parts.services.reachable(clusterId),
  judge: async (plan) => {
    const cluster = clusterNow(parts, plan.clusterId);
    const { tasks } = await presentService(parts, plan.clusterId, plan.serviceId);
    // Once the service is gone its tasks are found by their nodes alone.
    plan.nodeIds = [...new Set(tasks.filter(hasNotEnded).flatMap(({ nodeId }) => nodeId ?? []))];
    suitableManagers(parts.managers, cluster, ['RemoveService']);
    return { ...allClear, warnings: mixedEngines(cluster) };
  },
  act: (run, { clusterId, serviceId, deadlineSeconds, nodeIds }) =>
    run.each(async (target) => {
      const before = await parts.services.one(clusterId, serviceId);
      await run.step('remove', serviceId, async (tell) => {
        const body = { __typename: 'RemoveService' as const, service: serviceId };
        const result = await parts.sendService(run, clusterId, { step: `remove:${serviceId}`, body }, tell);
        run.unknown(result.outcome === 'UNKNOWN');
        if (result.outcome === 'UNKNOWN' && (await parts.services.one(clusterId, serviceId)))
          throw failureOf(result);
      });
      const deadline = deadlineOf(run.operation.startedAt, deadlineSeconds);
      const total = before?.tasks.filter(hasNotEnded).length ?? 0;
      const gone = await run.step('observe', serviceId, (tell) =>
        waitFor(
          async () => {
            if (run.cancel.aborted) return 'cancelled';
            const began = parts.clock.now();
            const left = await remaining(parts, clusterId, serviceId, nodeIds);
            if (left === null) return null;
            run.progress({ done: Math.max(0, total - left), total, unit: 'tasks' });
            tell(`${left} of its tasks have not ended`);
            return left === 0 ? began : null;
          },
          {
            timeoutMs: Math.max(0, deadline.getTime() - Date.now()),
            intervalMs: everyMs,
            signal: run.signal,
          },
        ),
      );
      if (gone === 'cancelled') {
        const message = `cancelled: ${target.name} is removed, its tasks still end`;
        target.state = 'SKIPPED';
        target.failure = { code: 'CANCELLED', message, hint: null, retryable: false };
        return;
      }
      if (gone === null)
        throw new Failure(
          'NOT_CONVERGED',
          `${target.name} is removed, and tasks of it have not ended`,
          'look at the nodes’ tasks',
        );
      run.unknown(false);
      run.observed(gone);
      if (before) run.changed(serviceId, changesOf(setByPeople(before.service), null));
    }),
});

/** Tasks that have not ended, and the service itself as one more; null: nobody could be asked. */
const remaining = async (
  { services, tasksOf }: RemoveParts,
  clusterId: string,
  serviceId: string,
  nodeIds: readonly string[],
): Promise<number | null> => {
  try {
    const found = await services.one(clusterId, serviceId);
    if (found) return found.tasks.filter(hasNotEnded).length + 1;
    const lists = await Promise.all(nodeIds.map((id) => tasksOf(clusterId, id)));
    return lists.flat().filter((task) => task.serviceId === serviceId && hasNotEnded(task)).length;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
};
