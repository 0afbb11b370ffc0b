// What runs: services and tasks of the cluster as far as placement goes, and the containers of this host's own engine.
import type { Engine } from './engine.ts';

/** Named in an answer; all are counted. */
const namedContainers = 20;

/** The label that the engine gives to each container of a task. */
const taskLabel = 'com.docker.swarm.task.id';

/** GET /services and GET /tasks, without anything that a container is given. */
export async function readWorkload(engine: Engine): Promise<object> {
  const services = await engine.services();
  // Tasks are of services: where there are none the second call is spared.
  const tasks = services.length === 0 ? [] : await engine.runningTasks();
  return {
    services: services.map(({ ID: id, Spec: { Name: name, Mode: mode, TaskTemplate: template } }) => ({
      id,
      name,
      modes: Object.keys(mode ?? {}),
      constraints: template.Placement?.Constraints ?? [],
      maxReplicas: template.Placement?.MaxReplicas ?? 0,
      platforms: (template.Placement?.Platforms ?? []).map(({ Architecture, OS }) => ({
        architecture: Architecture ?? '',
        os: OS ?? '',
      })),
      ...reserved(template.Resources),
    })),
    tasks: tasks.map(({ ID, ServiceID, NodeID, Slot, Status, Spec }) => ({
      id: ID,
      serviceId: ServiceID || null,
      nodeId: NodeID || null,
      slot: Slot ?? null,
      state: Status.State,
      ...reserved(Spec?.Resources),
    })),
  };
}

/** GET /containers/json: the running containers that no task has. A drain leaves them where they are. */
export async function readContainers(engine: Engine): Promise<object> {
  const running = await engine.containers();
  const standalone = running.filter(({ Labels }) => !Object.hasOwn(Labels, taskLabel));
  return {
    running: running.length,
    standalone: standalone.length,
    names: standalone
      .slice(0, namedContainers)
      .map(({ Id, Names }) => (Names?.[0] ?? Id.slice(0, 12)).replace(/^\//, '')),
  };
}

function reserved(
  resources:
    | { Reservations?: { NanoCPUs?: number | null; MemoryBytes?: number | null } | null }
    | null
    | undefined,
): { nanoCpus: number; memoryBytes: number } {
  const { NanoCPUs, MemoryBytes } = resources?.Reservations ?? {};
  return { nanoCpus: NanoCPUs ?? 0, memoryBytes: MemoryBytes ?? 0 };
}
