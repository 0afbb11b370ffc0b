// What becomes of a service that is changed: its tasks are replaced, the update ends, is paused or rolled back.
import { goTime } from './identifiers.ts';
import { isJsonObject, type JsonObject, numberAt, objectAt, textAt } from './json-fields.ts';
import type { Cluster, Service, Task, World } from './model.ts';

const CHECK_MS = 200;
/** `Monitor` where the spec says nothing (swarmkit api/defaults/service.go). */
const MONITOR_MS = 5_000;

const configOf = (service: Service, name: 'UpdateConfig' | 'RollbackConfig'): JsonObject =>
  objectAt(service.spec, name);
const monitorMs = (service: Service, name: 'UpdateConfig' | 'RollbackConfig'): number => {
  const monitor = numberAt(configOf(service, name), 'Monitor');
  return monitor === 0 ? MONITOR_MS : monitor / 1e6;
};

/** Where a task may run and what is set aside for it: of these a task that stands where it may is not replaced here. */
const ofPlacement = new Set(['Placement', 'Resources']);
const compared = (template: JsonObject): string =>
  JSON.stringify(Object.entries(template).filter(([name]) => !ofPlacement.has(name)));

/**
 * Whether the present spec would make the task as it is (swarmkit orchestrator.IsTaskDirty, which lets constraints alone
 * change, and no other part of placement and resources).
 */
export const isUpToDate = (service: Service, task: Task): boolean =>
  compared(task.spec) === compared(objectAt(service.spec, 'TaskTemplate'));

const tasksOf = (cluster: Cluster, service: Service): Task[] =>
  [...cluster.tasks.values()].filter((task) => task.serviceId === service.id);

const setStatus = (world: World, service: Service, state: string, message: string, isEnd: boolean): void => {
  const at = goTime(world.nano());
  service.updateStatus = {
    StartedAt: at,
    ...service.updateStatus,
    State: state,
    Message: message,
    ...(isEnd ? { CompletedAt: at } : {}),
  };
};

/** What ends an update: all new tasks have run for as long as they are watched, or one has failed. */
const follow = (world: World, cluster: Cluster, service: Service, step: number, tick: () => void): void => {
  let runningSince: number | undefined;
  const look = (): void => {
    if (service.updateStep !== step || !cluster.services.has(service.id)) return;
    const isRollback = textAt(service.updateStatus ?? {}, 'State') === 'rollback_started';
    const fresh = tasksOf(cluster, service).filter((task) => isUpToDate(service, task));
    const failed = fresh.find(({ state }) => state === 'rejected' || state === 'failed');
    if (failed) {
      fail(world, cluster, service, failed, isRollback, tick);
      return;
    }
    const meant = tasksOf(cluster, service).filter(({ desiredState }) => desiredState === 'running');
    const isDone =
      meant.length >= Math.max(1, numberAt(statusOf(cluster, service), 'DesiredTasks')) &&
      meant.every((task) => isUpToDate(service, task) && task.state === 'running');
    const now = world.clock.nowMs();
    if (!isDone) runningSince = undefined;
    else runningSince ??= now;
    if (
      runningSince !== undefined &&
      now - runningSince >= monitorMs(service, isRollback ? 'RollbackConfig' : 'UpdateConfig')
    ) {
      setStatus(
        world,
        service,
        isRollback ? 'rollback_completed' : 'completed',
        isRollback ? 'rollback completed' : 'update completed',
        true,
      );
      return;
    }
    world.clock.after(CHECK_MS, look);
  };
  world.clock.after(CHECK_MS, look);
};

const fail = (
  world: World,
  cluster: Cluster,
  service: Service,
  task: Task,
  isRollback: boolean,
  tick: () => void,
): void => {
  const config = configOf(service, isRollback ? 'RollbackConfig' : 'UpdateConfig');
  const action = textAt(config, 'FailureAction') || 'pause';
  if (action === 'continue') return;
  if (action === 'rollback' && !isRollback && service.previousSpec) {
    service.spec = service.previousSpec;
    service.previousSpec = undefined;
    setStatus(
      world,
      service,
      'rollback_started',
      `update rolled back due to failure or early termination of task ${task.id}`,
      false,
    );
    service.updateStep += 1;
    tick();
    follow(world, cluster, service, service.updateStep, tick);
    return;
  }
  service.isPaused = true;
  setStatus(
    world,
    service,
    isRollback ? 'rollback_paused' : 'paused',
    `${isRollback ? 'rollback' : 'update'} paused due to failure or early termination of task ${task.id}`,
    false,
  );
};

/**
 * After the service has another spec.
 * @param tick brings its tasks in line.
 */
export const beginUpdate = (
  world: World,
  cluster: Cluster,
  service: Service,
  isRollback: boolean,
  tick: () => void,
): void => {
  service.updateStep += 1;
  service.isPaused = false;
  service.updateStatus = undefined;
  const dirty = tasksOf(cluster, service).some(
    (task) => task.desiredState === 'running' && !isUpToDate(service, task),
  );
  if (isRollback) setStatus(world, service, 'rollback_started', 'manually requested rollback', false);
  else if (dirty) setStatus(world, service, 'updating', 'update in progress', false);
  tick();
  if (isRollback || dirty) follow(world, cluster, service, service.updateStep, tick);
};

/** GET /services?status=true. */
export const statusOf = (cluster: Cluster, service: Service): JsonObject => {
  const tasks = tasksOf(cluster, service);
  const replicated = objectAt(objectAt(service.spec, 'Mode'), 'Replicated');
  const isGlobal = isJsonObject(objectAt(service.spec, 'Mode').Global);
  return {
    RunningTasks: tasks.filter(({ state }) => state === 'running').length,
    DesiredTasks: isGlobal
      ? tasks.filter(({ desiredState }) => desiredState === 'running').length
      : replicated.Replicas === undefined
        ? 1
        : numberAt(replicated, 'Replicas'),
    CompletedTasks: 0,
  };
};
