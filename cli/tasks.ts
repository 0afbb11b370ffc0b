// Tasks as `docker service ps` lists them.
import { ServicesDocument, type TaskToldFragment } from './generated/documents.ts';
import { allOf } from './pages.ts';
import { ago, type Column, capitalised } from './print.ts';
import type { Session } from './session.ts';

/** @param clusters whose services' names are shown */
export const taskColumns = async (
  session: Session,
  clusters: readonly string[],
): Promise<Column<TaskToldFragment>[]> => {
  const names = new Map<string, string>();
  for (const cluster of clusters)
    for (const { id, name } of await allOf(
      async (after) => (await session.ask(ServicesDocument, { cluster, after })).services,
    ))
      names.set(id, name);
  const serviceOf = ({ serviceId }: TaskToldFragment): string =>
    serviceId === null ? '' : (names.get(serviceId) ?? serviceId);
  return [
    ['ID', (task) => task.id.slice(0, 12)],
    ['NAME', (task) => `${serviceOf(task)}.${task.slot ?? task.nodeId ?? ''}`],
    ['IMAGE', (task) => (task.image ?? '').replace(/@sha256:.*/, '')],
    ['NODE', (task) => task.hostname ?? ''],
    ['DESIRED STATE', (task) => capitalised(task.desiredState)],
    ['CURRENT STATE', (task) => `${capitalised(task.state)} ${ago(task.updatedAt)}`],
    ['ERROR', (task) => task.error ?? ''],
  ];
};
