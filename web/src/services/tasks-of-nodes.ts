// Which tasks each node has to run, of all services.
import type { useServiceTasks } from './use-service-tasks.ts';

export type TaskSeen = { id: string; serviceId: string; service: string; slot: number | null; state: string };

/** In place of the id of a node: of tasks that no node has got yet. */
export const nowhere = '';

export const tasksByNode = (
  services: ReturnType<typeof useServiceTasks>['services'],
): Map<string, TaskSeen[]> => {
  const tasks = new Map<string, TaskSeen[]>();
  for (const service of services ?? [])
    for (const { id, nodeId, slot, state, desiredState } of service.tasks ?? []) {
      if (!['running', 'ready', 'accepted'].includes(desiredState.toLowerCase())) continue;
      const at = nodeId ?? nowhere;
      const task = { id, slot, state, serviceId: service.id, service: service.name };
      tasks.set(at, [...(tasks.get(at) ?? []), task]);
    }
  return tasks;
};
