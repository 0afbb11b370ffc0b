// The one way by which the swarm's own spec is written: the command UpdateSwarm, to the agent of a manager.
import * as z from 'zod';
import type { ScopeOf } from '../hosts/actions.ts';
import { type Commands, type Expectation, failureOf } from '../hosts/commands.ts';
import type { CommandBody } from '../hosts/links.ts';
import { type Run, refused, type Verdict } from '../operations/action.ts';
import type { Clock } from '../platform/clock.ts';
import type { Change } from '../platform/events.ts';
import { Failure } from '../platform/failure.ts';
import { whyReadOnly } from './find.ts';
import type { Managers } from './managers.ts';
import type { FreshRead, ReadCluster } from './read.ts';
import type { Clusters } from './registry.ts';

export type SpecParts = {
  clusters: Clusters;
  managers: Managers;
  commands: Commands;
  read: ReadCluster;
  scopeOf: ScopeOf;
  clock: Clock;
};

type Body = Extract<CommandBody, { __typename: 'UpdateSwarm' }>;

const answer = z.object({
  changed: z.boolean(),
  changes: z.array(
    z.object({ path: z.string(), old: z.unknown(), new: z.unknown() }).transform(
      (change): Change => ({
        path: `spec.${change.path}`,
        old: change.old ?? null,
        new: change.new ?? null,
      }),
    ),
  ),
  unlockKeyDigest: z.string().nullish(),
});
/** What was changed, by path (`spec.CAConfig.NodeCertExpiry`), in Docker's units. */
export type SpecAnswer = z.infer<typeof answer>;

const asItIs: Omit<Body, '__typename'> = {
  autolock: null,
  certificateExpirySeconds: null,
  heartbeatPeriodSeconds: null,
  taskHistoryLimit: null,
  snapshotInterval: null,
  keepOldSnapshots: null,
  forceRotate: null,
  rotateUnlockKey: false,
};

/** What stands in the way of any change of the spec. */
export const judgeSpec = async (
  { clusters, read }: Pick<SpecParts, 'clusters' | 'read'>,
  id: string,
  judge: (seen: FreshRead) => Verdict,
): Promise<Verdict> => {
  const cluster = clusters.find(id);
  if (!cluster) return refused(new Failure('NOT_FOUND', `no cluster ${id}`));
  const readOnly = whyReadOnly(cluster);
  return readOnly ? refused(readOnly) : judge(await read.fresh(id));
};

/**
 * Sends it, once an operation. @returns null: whether it took effect is not known, observation must tell.
 * @param expectations without their cluster: what the watcher will see of it.
 * @throws Failure what the engine or the agent refused it with, CLUSTER_UNREACHABLE, HOST_OFFLINE
 */
export const sendSpec = async (
  { clusters, managers, commands }: Pick<SpecParts, 'clusters' | 'managers' | 'commands'>,
  run: Run,
  clusterId: string,
  wanted: Partial<Omit<Body, '__typename'>>,
  expectations: readonly Omit<Expectation, 'clusterId' | 'subjectId'>[],
): Promise<SpecAnswer | null> => {
  const result = await commands.carryOut({
    run,
    hostId: () => {
      const cluster = clusters.find(clusterId);
      if (!cluster) throw new Failure('NOT_FOUND', `no cluster ${clusterId}`);
      return managers.first(cluster).id;
    },
    step: 'update',
    body: { __typename: 'UpdateSwarm', ...asItIs, ...wanted },
    expectations: expectations.map((expected) => ({ ...expected, clusterId, subjectId: clusterId })),
  });
  if (result.outcome === 'FAILED' || result.outcome === 'REFUSED') throw failureOf(result);
  run.unknown(result.outcome === 'UNKNOWN');
  return result.outcome === 'DONE' ? answer.parse(result.result) : null;
};
