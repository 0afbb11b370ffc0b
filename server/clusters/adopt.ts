// What Skep itself keeps of a cluster: adopting one that it did not make, its name, forgetting it.
import * as z from 'zod';
import type { ScopeOf } from '../hosts/actions.ts';
import { type Action, allClear, refused, type Verdict } from '../operations/action.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import type { Cluster } from './cluster.ts';
import { findCluster } from './find.ts';
import { clusterName } from './init.ts';
import type { Managers } from './managers.ts';
import type { ReadCluster } from './read.ts';
import type { Clusters } from './registry.ts';

type Parts = { clusters: Clusters; managers: Managers; read: ReadCluster; scopeOf: ScopeOf; clock: Clock };

const nameTaken = (clusters: Clusters, id: string, name: string | null): Failure | null =>
  clusters.list().some((other) => other.id !== id && other.name === name)
    ? new Failure('NAME_TAKEN', `another cluster is called ${name}`, 'choose another name')
    : null;

/** An action on one cluster by its id. */
const onCluster = <Extra>(
  { name, extra, clusters, scopeOf }: { name: string; extra: z.ZodType<Extra> } & Parts,
  judge: (cluster: Cluster, plan: { cluster: string } & Extra) => Promise<Verdict>,
  work: (plan: { cluster: string } & Extra, operationId: string) => Promise<Date | null>,
): Action<{ cluster: string } & Extra, { cluster: string } & Extra> => ({
  name,
  permission: 'cluster:update',
  input: z.intersection(z.object({ cluster: z.string().min(1) }), extra),
  named: ({ cluster }) => [{ kind: 'CLUSTER', name: cluster }],
  resolve: async (plan, requester) => {
    const cluster = findCluster(clusters, plan.cluster, scopeOf, requester);
    return {
      clusterId: cluster.id,
      plan,
      targets: [{ kind: 'CLUSTER', id: cluster.id, name: cluster.name }],
      locks: [`spec:${cluster.id}`],
    };
  },
  judge: async (plan) => {
    const cluster = clusters.find(plan.cluster);
    return cluster ? judge(cluster, plan) : refused(new Failure('NOT_FOUND', `no cluster ${plan.cluster}`));
  },
  act: (run, plan) =>
    run.each(async () => {
      const observedAt = await work(plan, run.operation.id);
      if (observedAt) run.observed(observedAt);
    }),
});

/** From now on changes are sent to it; its CA digest is pinned. */
export const adoptClusterAction = (parts: Parts) => ({
  reachable: ({ cluster }: { cluster: string }) => parts.read.reachable(cluster),
  ...onCluster(
    {
      ...parts,
      name: 'adoptCluster',
      extra: z.object({
        name: clusterName.nullish().transform((name) => name ?? null),
        caDigest: z
          .string()
          .regex(/^[0-9a-f]{64}$/, 'is a SHA-256 in hex')
          .nullish()
          .transform((digest) => digest ?? null),
      }),
    },
    async (cluster, { name, caDigest }) => {
      const taken = nameTaken(parts.clusters, cluster.id, name);
      if (taken) return refused(taken);
      const { swarm } = await parts.read.fresh(cluster.id);
      if (caDigest !== null && caDigest !== swarm.caDigest)
        return refused(
          new Failure(
            'CLUSTER_CHANGED',
            `the cluster’s CA digest is ${swarm.caDigest}, not the one given`,
            'look who answers as this cluster',
          ),
        );
      return allClear;
    },
    async ({ cluster: id, name }, operationId) => {
      const { swarm, began } = await parts.read.fresh(id);
      await parts.clusters.change(
        id,
        (before) => ({
          name: name ?? before.name,
          adoptedAt: before.adoptedAt ?? parts.clock.now(),
          caDigest: swarm.caDigest,
        }),
        operationId,
      );
      return began;
    },
  ),
});

export const renameClusterAction = (parts: Parts) =>
  onCluster(
    { ...parts, name: 'renameCluster', extra: z.object({ name: clusterName }) },
    async (cluster, { name }) => {
      const taken = nameTaken(parts.clusters, cluster.id, name);
      return taken ? refused(taken) : allClear;
    },
    async ({ cluster: id, name }, operationId) => {
      await parts.clusters.change(id, () => ({ name }), operationId);
      return null;
    },
  );

/** Skep no longer knows it; the swarm stays as it is, and so does the history. */
export const forgetClusterAction = (parts: Parts) =>
  onCluster(
    { ...parts, name: 'forgetCluster', extra: z.object({}) },
    async (cluster) =>
      parts.managers.of(cluster).length > 0
        ? refused(
            new Failure(
              'HOST_CONNECTED',
              `agents of managers of ${cluster.name} are connected: it would be found again at once`,
              'revoke or forget those hosts first',
            ),
          )
        : allClear,
    async ({ cluster: id }) => {
      await parts.clusters.forget(id);
      return null;
    },
  );
