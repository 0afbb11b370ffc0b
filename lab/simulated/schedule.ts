// The orchestrator and the scheduler in small: enough that services spread, drains move tasks and constraints hold.
import { goTime, newId } from './identifiers.ts';
import { isJsonObject, type JsonObject, numberAt, objectAt, textAt, textsAt } from './json-fields.ts';

import {
  type Cluster,
  engineOf,
  type Service,
  type SwarmNode,
  type Task,
  touch,
  type World,
} from './model.ts';
import { endsByWhatItReads } from './read-files.ts';
import { isUpToDate } from './service-update.ts';

const START_MS = 700;
const OBEYS_MS = 400;
const DEFAULT_GRACE_MS = 10_000;
const RESTART_DELAY_MS = 1_000;
/** `RestartPolicy.Delay` where the spec says nothing. */
const REJECTED_DELAY_MS = 5_000;
/** Observed states that a task does not leave again. */
const FINAL = new Set(['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned']);

const container = (service: Service): JsonObject =>
  objectAt(objectAt(service.spec, 'TaskTemplate'), 'ContainerSpec');

/** `sleep` as first process of a container has no handler for SIGTERM: it dies when the grace period is over. */
const stopMs = (service: Service | undefined): number => {
  if (!service) return OBEYS_MS;
  const spec = container(service);
  if (textsAt(spec, 'Command')[0] !== 'sleep' || spec.Init === true) return OBEYS_MS;
  return (
    OBEYS_MS +
    (spec.StopGracePeriod === undefined ? DEFAULT_GRACE_MS : numberAt(spec, 'StopGracePeriod') / 1e6)
  );
};

const attribute = (node: SwarmNode, key: string): string | undefined => {
  if (key.startsWith('node.labels.')) return node.spec.Labels[key.slice(12)] ?? '';
  if (key.startsWith('engine.labels.')) return node.engineLabels[key.slice(14)] ?? '';
  return {
    'node.id': node.id,
    'node.hostname': node.hostname,
    'node.role': node.spec.Role,
    'node.ip': node.address,
    'node.platform.os': 'linux',
    'node.platform.arch': 'x86_64',
  }[key];
};

const meetsConstraints = (service: Service, node: SwarmNode): boolean =>
  textsAt(objectAt(objectAt(service.spec, 'TaskTemplate'), 'Placement'), 'Constraints').every(
    (constraint) => {
      const [, key = '', operator, value] = /^\s*(\S+?)\s*(==|!=)\s*(.*?)\s*$/.exec(constraint) ?? [];
      const actual = attribute(node, key);
      // swarmkit manager/constraint: the case of the value does not count.
      return actual !== undefined && (actual.toLowerCase() === value?.toLowerCase()) === (operator === '==');
    },
  );

const mayStay = (service: Service, node: SwarmNode): boolean =>
  node.state === 'ready' && node.spec.Availability !== 'drain' && meetsConstraints(service, node);

const mayStart = (service: Service, node: SwarmNode): boolean =>
  mayStay(service, node) && node.spec.Availability === 'active';

const setTask = (
  world: World,
  cluster: Cluster,
  task: Task,
  state: string,
  message: string,
  error = '',
): void => {
  task.state = state;
  task.message = message;
  task.error = error;
  task.stateAt = goTime(touch(world, cluster, task));
};

const stopTask = (world: World, cluster: Cluster, task: Task): void => {
  task.desiredState = 'shutdown';
  touch(world, cluster, task);
  const engine = task.nodeId === undefined ? undefined : engineOf(world, cluster, task.nodeId);
  if (task.nodeId === undefined || !engine) {
    setTask(world, cluster, task, task.nodeId === undefined ? 'shutdown' : 'orphaned', 'shutdown');
    return;
  }
  const end = (): void => {
    if (FINAL.has(task.state) || !cluster.tasks.has(task.id)) return;
    // An engine that is away does it when it is back.
    if (engine.process !== 'running') {
      world.clock.after(stopMs(cluster.services.get(task.serviceId)), end);
      return;
    }
    setTask(world, cluster, task, 'shutdown', 'shutdown');
    world.clock.after(RESTART_DELAY_MS, () => reschedule(world, cluster));
    if (!cluster.services.has(task.serviceId)) cluster.tasks.delete(task.id);
  };
  world.clock.after(stopMs(cluster.services.get(task.serviceId)), end);
};

const startTask = (world: World, cluster: Cluster, task: Task, node: SwarmNode): void => {
  task.nodeId = node.id;
  setTask(world, cluster, task, 'assigned', 'scheduler assigned task to node');
  world.clock.after(START_MS, () => {
    if (task.state !== 'assigned' || task.desiredState !== 'running') return;
    const image = textAt(objectAt(task.spec, 'ContainerSpec'), 'Image');
    // Machines have what they were given, and no registry.
    if (image.startsWith('nosuch')) {
      setTask(world, cluster, task, 'rejected', 'preparing', `No such image: ${image}`);
      task.desiredState = 'shutdown';
      world.clock.after(REJECTED_DELAY_MS, () => reschedule(world, cluster));
      return;
    }
    if (endsByWhatItReads(cluster, task.spec)) {
      setTask(world, cluster, task, 'failed', 'started', 'task: non-zero exit (1)');
      task.desiredState = 'shutdown';
      world.clock.after(REJECTED_DELAY_MS, () => reschedule(world, cluster));
      return;
    }
    setTask(world, cluster, task, 'running', 'started');
  });
};

const load = (cluster: Cluster, nodeId: string): number =>
  [...cluster.tasks.values()].filter((task) => task.nodeId === nodeId && task.desiredState === 'running')
    .length;

const countOf = (count: number): string => `${count} node${count === 1 ? '' : 's'}`;

const whyNowhere = (cluster: Cluster): string => {
  const nodes = [...cluster.nodes.values()];
  const open = nodes.filter((node) => node.state === 'ready' && node.spec.Availability === 'active').length;
  const reasons = [
    ...(nodes.length > open ? [`${countOf(nodes.length - open)} not available for new tasks`] : []),
    ...(open > 0 ? [`scheduling constraints not satisfied on ${countOf(open)}`] : []),
  ];
  return `no suitable node (${reasons.join('; ')})`;
};

const place = (world: World, cluster: Cluster, service: Service, task: Task): void => {
  const free = [...cluster.nodes.values()]
    .filter((node) => mayStart(service, node))
    .map((node) => ({ node, tasks: load(cluster, node.id) }))
    .sort((one, other) => one.tasks - other.tasks || (one.node.id < other.node.id ? -1 : 1));
  const [best] = free;
  if (best) startTask(world, cluster, task, best.node);
  else if (task.error === '') {
    setTask(world, cluster, task, 'pending', 'pending task scheduling', whyNowhere(cluster));
  }
};

const newTask = (world: World, cluster: Cluster, service: Service, slot: number): Task => {
  const nano = world.nano();
  const task: Task = {
    id: newId(),
    createdAt: goTime(nano),
    updatedAt: goTime(nano),
    versionIndex: ++cluster.index,
    serviceId: service.id,
    slot,
    spec: objectAt(service.spec, 'TaskTemplate'),
    nodeId: undefined,
    state: 'pending',
    message: 'pending task scheduling',
    error: '',
    stateAt: goTime(nano),
    desiredState: 'running',
  };
  cluster.tasks.set(task.id, task);
  return task;
};

const isStopping = (cluster: Cluster, task: Task): boolean =>
  task.desiredState !== 'running' &&
  !FINAL.has(task.state) &&
  cluster.nodes.get(task.nodeId ?? '')?.state === 'ready';

const fillSlots = (world: World, cluster: Cluster, service: Service, tasks: readonly Task[]): void => {
  const replicated = objectAt(objectAt(service.spec, 'Mode'), 'Replicated');
  const wanted = replicated.Replicas === undefined ? 1 : numberAt(replicated, 'Replicas');
  for (const task of tasks)
    if (task.slot > wanted && task.desiredState === 'running') stopTask(world, cluster, task);
  for (let slot = 1; slot <= wanted; slot += 1) {
    const own = tasks.filter((task) => task.slot === slot);
    const running = own.find((task) => task.desiredState === 'running');
    if (running?.state === 'pending') place(world, cluster, service, running);
    // The replacement starts only after the old one has stopped, but for a node that is lost.
    if (running || own.some((task) => isStopping(cluster, task))) continue;
    place(world, cluster, service, newTask(world, cluster, service, slot));
  }
};

const fillNodes = (world: World, cluster: Cluster, service: Service, tasks: readonly Task[]): void => {
  for (const node of cluster.nodes.values()) {
    if (!mayStart(service, node)) continue;
    const own = tasks.filter((task) => task.nodeId === node.id);
    if (own.some((task) => task.desiredState === 'running' || isStopping(cluster, task))) continue;
    startTask(world, cluster, newTask(world, cluster, service, 0), node);
  }
};

/** Brings the tasks in line with services and nodes; to be called after every change of either. */
export const reschedule = (world: World, cluster: Cluster): void => {
  if (cluster.services.size === 0 && cluster.tasks.size === 0) return;
  for (const service of cluster.services.values()) {
    const tasks = [...cluster.tasks.values()].filter((task) => task.serviceId === service.id);
    for (const task of tasks) {
      if (task.desiredState !== 'running' || task.nodeId === undefined) continue;
      const node = cluster.nodes.get(task.nodeId);
      const isOld = !service.isPaused && !isUpToDate(service, task);
      if (!node || !mayStay(service, node) || isOld) stopTask(world, cluster, task);
    }
    if (isJsonObject(objectAt(service.spec, 'Mode').Global)) fillNodes(world, cluster, service, tasks);
    else fillSlots(world, cluster, service, tasks);
  }
};

/** Stops all tasks of a service that was removed. */
export const stopService = (world: World, cluster: Cluster, serviceId: string): void => {
  for (const task of cluster.tasks.values()) {
    if (task.serviceId !== serviceId) continue;
    if (FINAL.has(task.state) || task.nodeId === undefined) cluster.tasks.delete(task.id);
    else stopTask(world, cluster, task);
  }
};
