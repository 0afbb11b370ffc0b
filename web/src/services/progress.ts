// How far a service is, in numbers and words.
import type { ServicePartsFragment } from '../../generated/documents.ts';
import { isFinal, type LiveOperation } from '../live/store.ts';

export type ServiceSeen = ServicePartsFragment;
export type TaskSeen = NonNullable<ServiceSeen['tasks']>[number];

export const isMeantToRun = ({ desiredState }: TaskSeen): boolean =>
  ['running', 'ready', 'accepted'].includes(desiredState.toLowerCase());

/** Those that are the service's now, not the ones that it left behind. */
export const presentTasks = ({ tasks }: ServiceSeen): TaskSeen[] | null =>
  tasks?.filter(isMeantToRun) ?? null;

export const taskName = ({ slot, id }: Pick<TaskSeen, 'slot' | 'id'>, service: string): string =>
  `${service}.${slot ?? id.slice(0, 8)}`;

/** Whether the managers are at work on it. */
export const isUpdating = ({ updateStatus }: ServiceSeen): boolean =>
  ['UPDATING', 'ROLLBACK_STARTED'].includes(updateStatus?.state.toUpperCase() ?? '');

/** What is under way on it through Skep. */
export const openOperation = (
  operations: ReadonlyMap<string, LiveOperation>,
  { id }: Pick<ServiceSeen, 'id'>,
): LiveOperation | undefined =>
  [...operations.values()].find(
    (operation) =>
      !isFinal(operation) && operation.targets.some((target) => target.id === id && !isFinal(target)),
  );

/** Of an update: tasks that were made since it began and run, of all that are wished for; null: there is none. */
export const updateProgress = (service: ServiceSeen): { done: number; total: number } | null => {
  const startedAt = service.updateStatus?.startedAt;
  const tasks = presentTasks(service);
  if (!startedAt || !tasks || service.desiredTasks === null) return null;
  if (service.updateStatus?.completedAt && !isUpdating(service)) return null;
  const began = Date.parse(startedAt);
  const done = tasks.filter(
    ({ state, createdAt }) => state.toLowerCase() === 'running' && Date.parse(createdAt) >= began,
  ).length;
  return { done: Math.min(done, service.desiredTasks), total: service.desiredTasks };
};

export const portWords = ({ published, target, protocol, mode }: ServiceSeen['ports'][number]): string =>
  `${published ?? 'any'}→${target}/${protocol.toLowerCase()}${mode.toUpperCase() === 'HOST' ? ' host' : ''}`;
