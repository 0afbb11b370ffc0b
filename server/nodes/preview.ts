// What a drain will do to what runs: counted on state read afresh, before anything is done.
import type { NodeObservation } from '../clusters/observation.ts';
import type { Impact, Warning } from '../operations/operation.ts';
import { Failure } from '../platform/failure.ts';
import { isGlobal, roomFor } from './placement.ts';
import { noImpact } from './role-rules.ts';
import { hasNotEnded } from './tasks.ts';
import type { ReadWorkload, Service, Standalone, Workload } from './workload.ts';

/** Named in a warning; the impact has them all. */
const namedInWarning = 10;

const listed = (names: readonly string[], count = names.length): string => {
  const named = names.slice(0, namedInWarning);
  return `${named.join(', ')}${count > named.length ? ` and ${count - named.length} more` : ''}`;
};

export type Moves = {
  tasksMoving: number;
  /** Names, sorted. */
  servicesWithGap: string[];
  unplaceable: string[];
  /** Global services that will run nowhere. */
  stopping: string[];
};

/**
 * @param nodes all of the cluster. @param leaving ids of those that are drained.
 * A service is `unplaceable` when the nodes left take fewer tasks of it than have to move; each service is looked at by
 * itself, so that two that fit one by one may still not fit together.
 */
export const movesOf = (
  { services, tasks }: Workload,
  nodes: readonly NodeObservation[],
  leaving: ReadonlySet<string>,
): Moves => {
  const running = tasks.filter((task) => task.nodeId !== null && hasNotEnded(task));
  const left = nodes.filter(
    ({ id, availability, status }) =>
      !leaving.has(id) && availability === 'ACTIVE' && status.state === 'READY',
  );
  const roomLeft = (service: Service): number =>
    left.reduce(
      (sum, node) =>
        sum +
        roomFor(
          service,
          node,
          running.filter(({ nodeId }) => nodeId === node.id),
        ),
      0,
    );
  const moves: Moves = { tasksMoving: 0, servicesWithGap: [], unplaceable: [], stopping: [] };
  for (const service of [...services].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const own = running.filter(({ serviceId }) => serviceId === service.id);
    const moving = own.filter(({ nodeId }) => nodeId !== null && leaving.has(nodeId));
    if (moving.length === 0) continue;
    const nothingElse = moving.length === own.length;
    if (isGlobal(service)) {
      if (nothingElse) moves.stopping.push(service.name);
      continue;
    }
    moves.tasksMoving += moving.length;
    if (nothingElse) moves.servicesWithGap.push(service.name);
    if (roomLeft(service) < moving.length) moves.unplaceable.push(service.name);
  }
  return moves;
};

const warningsOf = ({ servicesWithGap, unplaceable, stopping }: Moves): Warning[] => [
  ...(servicesWithGap.length > 0
    ? [
        {
          code: 'SERVICE_GAP',
          message: `all running tasks of ${listed(servicesWithGap)} stand there, and a new one starts only when the old one has stopped`,
          target: null,
        },
      ]
    : []),
  ...(unplaceable.length > 0
    ? [
        {
          code: 'UNPLACEABLE',
          message: `no other active node takes all tasks of ${listed(unplaceable)}: they will wait`,
          target: null,
        },
      ]
    : []),
  ...(stopping.length > 0
    ? [
        {
          code: 'GLOBAL_STOPS',
          message: `${listed(stopping)} runs one task a node and will run on no other one`,
          target: null,
        },
      ]
    : []),
];

const containersStay = ({ id, hostname }: NodeObservation, found: Standalone | null): Warning[] =>
  found === null
    ? [
        {
          code: 'CONTAINERS_UNKNOWN',
          message: `no agent tells which plain containers run on ${hostname}: a drain leaves them where they are`,
          target: id,
        },
      ]
    : found.standalone === 0
      ? []
      : [
          {
            code: 'CONTAINERS_STAY',
            message: `${found.standalone} running containers of no service stay on ${hostname}: ${listed(found.names, found.standalone)}`,
            target: id,
          },
        ];

/** Impact and warnings of draining these nodes. What cannot be read is null there, and a warning, never in the way. */
export const previewDrain = async (
  workload: ReadWorkload,
  clusterId: string,
  nodes: readonly NodeObservation[],
  targets: readonly NodeObservation[],
): Promise<{ impact: Impact; warnings: Warning[] }> => {
  const [read, stays] = await Promise.all([
    workload.ofCluster(clusterId).catch((error: unknown) => {
      if (error instanceof Failure) return error;
      throw error;
    }),
    Promise.all(targets.map(async (node) => ({ node, found: await workload.standalone(node.id) }))),
  ]);
  const known = stays.flatMap(({ found }) => (found === null ? [] : [found.standalone]));
  const standaloneContainers =
    known.length === stays.length ? known.reduce((sum, count) => sum + count, 0) : null;
  const staying = stays.flatMap(({ node, found }) => containersStay(node, found));
  if (read instanceof Failure)
    return {
      impact: { ...noImpact, standaloneContainers },
      warnings: [
        {
          code: 'PREVIEW_INCOMPLETE',
          message: `what runs there could not be read: ${read.message}`,
          target: null,
        },
        ...staying,
      ],
    };
  const moves = movesOf(read, nodes, new Set(targets.map(({ id }) => id)));
  const { tasksMoving, servicesWithGap, unplaceable } = moves;
  return {
    impact: { ...noImpact, tasksMoving, servicesWithGap, unplaceable, standaloneContainers },
    warnings: [...warningsOf(moves), ...staying],
  };
};
