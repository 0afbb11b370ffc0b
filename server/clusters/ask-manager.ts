// Asking a manager of a cluster for what no projection holds, and telling one to change it.
import type { ScopeOf } from '../hosts/actions.ts';
import { type Commands, failureOf } from '../hosts/commands.ts';
import type { Host } from '../hosts/host.ts';
import type { CommandBody } from '../hosts/links.ts';
import { type Run, refused, type Verdict } from '../operations/action.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import type { Cluster } from './cluster.ts';
import { expectObjects } from './expect-objects.ts';
import { whyReadOnly } from './find.ts';
import { firstAnswer } from './first-answer.ts';
import type { Managers } from './managers.ts';
import type { Clusters } from './registry.ts';

export type ManagerParts = {
  clusters: Clusters;
  managers: Managers;
  commands: Commands;
};
/** What actions of a cluster's objects (networks, secrets, configs) are made of. */
export type ObjectParts = ManagerParts & { scopeOf: ScopeOf; clock: Clock };

/** How long a manager may be silent before the next one is asked as well. */
export const patienceMs = 2_000;

const clusterOf = (clusters: Clusters, id: string): Cluster => {
  const cluster = clusters.find(id);
  if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${id}`, 'list clusters');
  return cluster;
};

/**
 * Those whose agents carry the command out: one of an earlier version, or of another allow list, is left out.
 * @throws Failure CLUSTER_UNREACHABLE, NOT_ALLOWED
 */
export const managersFor = (
  { clusters, managers }: Omit<ManagerParts, 'commands'>,
  clusterId: string,
  command: CommandBody['__typename'],
): readonly Host[] => {
  const cluster = clusterOf(clusters, clusterId);
  const first = managers.first(cluster);
  const able = managers.of(cluster).filter(({ report }) => report?.allow.includes(command));
  if (able.length === 0)
    throw new Failure(
      'NOT_ALLOWED',
      `no agent of a manager of ${cluster.name} carries out ${command}, ${first.name}’s neither`,
      'update the agents, or look at SKEP_AGENT_ALLOW',
    );
  return able;
};

/** A read begun now, the leader asked first. @throws Failure CLUSTER_UNREACHABLE, NOT_ALLOWED, or the engine's. */
export const askManager = async (
  { commands, ...parts }: ManagerParts,
  clusterId: string,
  body: CommandBody,
): Promise<unknown> =>
  firstAnswer(
    managersFor(parts, clusterId, body.__typename),
    ({ id }) => commands.read(id, body),
    patienceMs,
  );

/** Whether there is a manager to ask: what an operation that goes on after a restart waits for. */
export const canAskManager = async (
  { clusters, managers }: ManagerParts,
  clusterId: string,
): Promise<boolean> => {
  const cluster = clusters.find(clusterId);
  return cluster !== null && managers.of(cluster).length > 0;
};

/** What stands in the way of any change of the cluster; otherwise the rule itself. */
export const judgeChange = async (
  clusters: Clusters,
  clusterId: string,
  judge: () => Promise<Verdict>,
): Promise<Verdict> => {
  const readOnly = whyReadOnly(clusterOf(clusters, clusterId));
  return readOnly ? refused(readOnly) : judge();
};

/**
 * Sends an effect, once an operation and step.
 * @returns null: whether it took effect is not known, observation must tell.
 * @throws Failure what the engine or the agent refused it with, CLUSTER_UNREACHABLE, HOST_OFFLINE
 */
export const tellManager = async (
  { commands, ...parts }: ManagerParts,
  run: Run,
  clusterId: string,
  step: string,
  body: CommandBody,
): Promise<{ answer: unknown } | null> => {
  const result = await commands.carryOut({
    run,
    hostId: () => (managersFor(parts, clusterId, body.__typename)[0] as Host).id,
    step,
    body,
    expectations: expectObjects(clusterId, body),
  });
  if (result.outcome === 'FAILED' || result.outcome === 'REFUSED') throw failureOf(result);
  run.unknown(result.outcome === 'UNKNOWN');
  return result.outcome === 'DONE' ? { answer: result.result } : null;
};
