// GET /services, /tasks and the few service calls that give a drain something to move.
import { ApiError, grpcError } from './api-error.ts';
import { control } from './control.ts';
import { publish } from './events.ts';
import { goTime, newId } from './identifiers.ts';
import { type JsonObject, textAt } from './json-fields.ts';
import { type Cluster, type Engine, type Service, type Task, touch, type World } from './model.ts';
import { assertNetworks } from './network-routes.ts';
import { parseFilters, parseVersion } from './query.ts';
import { reschedule, stopService } from './schedule.ts';
import { beginUpdate, isUpToDate, statusOf } from './service-update.ts';

const nameOf = (service: Service): string => textAt(service.spec, 'Name');

const serviceJson = (service: Service): JsonObject => ({
  ID: service.id,
  Version: { Index: service.versionIndex },
  CreatedAt: service.createdAt,
  UpdatedAt: service.updatedAt,
  Spec: service.spec,
  ...(service.previousSpec ? { PreviousSpec: service.previousSpec } : {}),
  Endpoint: { Spec: {} },
  ...(service.updateStatus ? { UpdateStatus: service.updateStatus } : {}),
});

const taskJson = (task: Task): JsonObject => ({
  ID: task.id,
  Version: { Index: task.versionIndex },
  CreatedAt: task.createdAt,
  UpdatedAt: task.updatedAt,
  Labels: {},
  Spec: task.spec,
  ServiceID: task.serviceId,
  ...(task.slot > 0 ? { Slot: task.slot } : {}),
  ...(task.nodeId === undefined ? {} : { NodeID: task.nodeId }),
  Status: {
    Timestamp: task.stateAt,
    State: task.state,
    Message: task.message,
    ...(task.error ? { Err: task.error } : {}),
    PortStatus: {},
  },
  DesiredState: task.desiredState,
});

const findService = (cluster: Cluster, ref: string): Service => {
  const services = [...cluster.services.values()];
  const found = cluster.services.get(ref) ?? services.find((service) => nameOf(service) === ref);
  if (!found) throw new ApiError(404, `service ${ref} not found`);
  return found;
};

const emit = (world: World, cluster: Cluster, service: Service, action: string): void =>
  publish(world, cluster, {
    type: 'service',
    action,
    id: service.id,
    attributes: { name: nameOf(service) },
    timeNano: world.nano(),
  });

/** GET /services. */
export const listServices = async (
  world: World,
  engine: Engine,
  query: URLSearchParams,
): Promise<JsonObject[]> => {
  const filters = parseFilters(engine.profile, query, ['name', 'id', 'label', 'mode', 'runtime']);
  const cluster = await control(world, engine, 'read');
  return [...cluster.services.values()]
    .filter((service) =>
      (filters.get('name') ?? [nameOf(service)]).some((name) => nameOf(service).startsWith(name)),
    )
    .filter((service) => (filters.get('id') ?? [service.id]).some((id) => service.id.startsWith(id)))
    .map((service) => ({
      ...serviceJson(service),
      ...(query.get('status') === 'true' ? { ServiceStatus: statusOf(cluster, service) } : {}),
    }));
};

/** GET /services/{id}. */
export const inspectService = async (world: World, engine: Engine, ref: string): Promise<JsonObject> =>
  serviceJson(findService(await control(world, engine, 'read'), ref));

/** POST /services/create. */
export const createService = async (world: World, engine: Engine, body: JsonObject): Promise<JsonObject> => {
  const cluster = await control(world, engine, 'write');
  const name = textAt(body, 'Name');
  assertNetworks(cluster, body);
  if ([...cluster.services.values()].some((service) => nameOf(service) === name)) {
    throw grpcError(
      'AlreadyExists',
      `name conflicts with an existing object: service ${name} already exists`,
    );
  }
  const at = goTime(world.nano());
  const service: Service = {
    id: newId(),
    createdAt: at,
    updatedAt: at,
    versionIndex: ++cluster.index,
    spec: body,
    previousSpec: undefined,
    updateStatus: undefined,
    updateStep: 0,
    isPaused: false,
  };
  cluster.services.set(service.id, service);
  emit(world, cluster, service, 'create');
  reschedule(world, cluster);
  return { ID: service.id, ...(engine.profile.strictBody ? { Warnings: null } : {}) };
};

/** POST /services/{id}/update: the tasks are replaced by those of the new spec, or with `rollback` of the one before. */
export const updateService = async (
  world: World,
  engine: Engine,
  ref: string,
  query: URLSearchParams,
  body: JsonObject,
): Promise<JsonObject> => {
  const version = parseVersion(query, 'service');
  const cluster = await control(world, engine, 'write');
  const service = findService(cluster, ref);
  if (version !== service.versionIndex) throw grpcError('Unknown', 'update out of sequence');
  const isRollback = query.get('rollback') === 'previous';
  if (!isRollback) assertNetworks(cluster, body);
  const before = service.spec;
  if (isRollback && !service.previousSpec)
    throw grpcError('FailedPrecondition', `service ${service.id} does not have a previous spec`);
  service.spec = isRollback && service.previousSpec ? service.previousSpec : body;
  service.previousSpec = before;
  touch(world, cluster, service);
  emit(world, cluster, service, 'update');
  beginUpdate(world, cluster, service, isRollback, () => reschedule(world, cluster));
  return { Warnings: null };
};

/** DELETE /services/{id}. */
export const deleteService = async (world: World, engine: Engine, ref: string): Promise<void> => {
  const cluster = await control(world, engine, 'write');
  const service = findService(cluster, ref);
  cluster.services.delete(service.id);
  emit(world, cluster, service, 'remove');
  stopService(world, cluster, service.id);
};

/** GET /tasks. */
export const listTasks = async (
  world: World,
  engine: Engine,
  query: URLSearchParams,
): Promise<JsonObject[]> => {
  const filters = parseFilters(engine.profile, query, [
    'id',
    'name',
    'service',
    'node',
    'label',
    'desired-state',
    '_up-to-date',
    'runtime',
  ]);
  const cluster = await control(world, engine, 'read');
  const any = (name: string, test: (value: string) => boolean): boolean =>
    filters.get(name)?.some(test) ?? true;
  return [...cluster.tasks.values()]
    .filter((task) => {
      const node = cluster.nodes.get(task.nodeId ?? '');
      const service = cluster.services.get(task.serviceId);
      return (
        any('id', (value) => task.id.startsWith(value)) &&
        any('node', (value) => task.nodeId === value || node?.hostname === value) &&
        any(
          'service',
          (value) => task.serviceId === value || (service && nameOf(service) === value) === true,
        ) &&
        any('desired-state', (value) => task.desiredState === value) &&
        (!filters.has('_up-to-date') || (service !== undefined && isUpToDate(service, task)))
      );
    })
    .map(taskJson);
};

/** GET /tasks/{id}. */
export const inspectTask = async (world: World, engine: Engine, id: string): Promise<JsonObject> => {
  const task = (await control(world, engine, 'read')).tasks.get(id);
  if (!task) throw new ApiError(404, `task ${id} not found`);
  return taskJson(task);
};
