// GET /containers/json: what runs on one machine, of tasks and otherwise.
import { newId } from './identifiers.ts';
import { type JsonObject, textAt } from './json-fields.ts';
import type { Engine } from './model.ts';

/** Observed states of a task in which its container runs. */
const HAS_CONTAINER = new Set(['running']);

const containerJson = (name: string, labels: Record<string, string>): JsonObject => ({
  Id: newId().padEnd(64, '0'),
  Names: [`/${name}`],
  State: 'running',
  Labels: labels,
});

/** The running containers, as the engine lists them without `all`. */
export const listContainers = (engine: Engine): JsonObject[] => {
  const { cluster, nodeId } = engine.membership ?? {};
  const tasks = [...(cluster?.tasks.values() ?? [])].filter(
    (task) => task.nodeId === nodeId && HAS_CONTAINER.has(task.state),
  );
  return [
    ...[...engine.containers].map((name) => containerJson(name, {})),
    ...tasks.map((task) => {
      const service = textAt(cluster?.services.get(task.serviceId)?.spec ?? {}, 'Name');
      return containerJson(`${service}.${task.slot}.${task.id}`, {
        'com.docker.swarm.node.id': nodeId ?? '',
        'com.docker.swarm.service.id': task.serviceId,
        'com.docker.swarm.service.name': service,
        'com.docker.swarm.task': '',
        'com.docker.swarm.task.id': task.id,
        'com.docker.swarm.task.name': `${service}.${task.slot}.${task.id}`,
      });
    }),
  ];
};
