// Where a task of a service may run, as far as it is evaluated here. Pure. The rules are those of swarmkit's scheduler:
// manager/constraint/constraint.go and manager/scheduler/filter.go.
import type { NodeObservation } from '../clusters/observation.ts';
import type { RunningTask, Service } from './workload.ts';

const nodeLabel = 'node.labels.';
const engineLabel = 'engine.labels.';

/** What a constraint looks at; undefined: a key that is not evaluated here (`node.ip`), or none that there is. */
const attributeOf = (node: NodeObservation, key: string): string | undefined => {
  const lower = key.toLowerCase();
  // The name of a label counts with its case, what stands before it does not.
  if (lower.startsWith(nodeLabel)) return node.labels[key.slice(nodeLabel.length)] ?? '';
  if (lower.startsWith(engineLabel)) return node.engineLabels[key.slice(engineLabel.length)] ?? '';
  switch (lower) {
    case 'node.id':
      return node.id;
    case 'node.hostname':
      return node.hostname;
    case 'node.role':
      return node.observedRole;
    case 'node.platform.os':
      return node.platform.os;
    case 'node.platform.arch':
      return node.platform.architecture;
    default:
      return undefined;
  }
};

/** `key == value` or `key != value`; the case of the value does not count. What is not evaluated holds. */
const holds = (constraint: string, node: NodeObservation): boolean => {
  const [, key = '', operator, value = ''] = /^\s*(\S+?)\s*(==|!=)\s*(.*?)\s*$/.exec(constraint) ?? [];
  const actual = operator === undefined ? undefined : attributeOf(node, key);
  if (actual === undefined) return true;
  return (actual.toLowerCase() === value.toLowerCase()) === (operator === '==');
};

const architectures: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };
const architectureOf = (name: string): string => architectures[name.toLowerCase()] ?? name.toLowerCase();

const fitsPlatform = ({ platforms }: Service, { platform }: NodeObservation): boolean =>
  platforms.length === 0 ||
  platforms.some(
    ({ os, architecture }) =>
      (os === '' || os.toLowerCase() === platform.os.toLowerCase()) &&
      (architecture === '' || architectureOf(architecture) === architectureOf(platform.architecture)),
  );

/** Whether constraints and platforms let its tasks run on the node; with the same limits as below. */
export const fits = (service: Service, node: NodeObservation): boolean =>
  service.constraints.every((constraint) => holds(constraint, node)) && fitsPlatform(service, node);

/** A service of which each node runs one: its tasks stop and start, they do not move. */
export const isGlobal = ({ modes }: Service): boolean => modes.some((mode) => mode.startsWith('Global'));

/**
 * How many more tasks of the service the node takes: by constraints, platforms, replicas a node and reservations.
 * Not evaluated, and so taken as met: `node.ip`, plugins, generic resources, ports in host mode.
 * @param running the tasks that are on the node.
 */
export const roomFor = (service: Service, node: NodeObservation, running: readonly RunningTask[]): number => {
  if (!fits(service, node)) return 0;
  const sumOf = (part: 'nanoCpus' | 'memoryBytes'): number =>
    running.reduce((sum, task) => sum + task[part], 0);
  const share = (free: number, each: number): number =>
    each === 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.floor(free / each));
  const own = running.filter(({ serviceId }) => serviceId === service.id).length;
  return Math.min(
    share(Math.round(node.resources.cpus * 1e9) - sumOf('nanoCpus'), service.nanoCpus),
    share(node.resources.memoryBytes - sumOf('memoryBytes'), service.memoryBytes),
    service.maxReplicas === 0 ? Number.POSITIVE_INFINITY : Math.max(0, service.maxReplicas - own),
  );
};
