// The watch of drift: holds each declared cluster against its document, and tells what differs. It never changes anything.
import { setTimeout as delay } from 'node:timers/promises';
import { system } from '../audit/actor.ts';
import type { Cluster } from '../clusters/cluster.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { Operations } from '../operations/operations.ts';
import { type Bell, createBell } from '../platform/bell.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import type { Declarations } from './declarations.ts';
import type { PlanFleet } from './fleet-plan.ts';

export type WatchDrift = {
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
};

/** Changes come in bursts; one look answers them all. */
const debounceMs = 50;
const requester = { actor: system, requestId: 'drift', sourceAddress: null };

/** Of what a document can say about nodes; a node that is unchanged keeps its identity. */
const isSameSwarm = (a: Cluster, b: Cluster): boolean =>
  a.nodes.size === b.nodes.size &&
  a.name === b.name &&
  [...a.nodes].every(([id, node]) => b.nodes.get(id) === node) &&
  JSON.stringify(a.swarm) === JSON.stringify(b.swarm);

/** @param intervalMs between two looks without a change that was seen. */
export const createWatchDrift = ({
  declarations,
  clusters,
  operations,
  planFleet,
  onObjects,
  intervalMs,
  clock,
  log,
}: {
  declarations: Declarations;
  clusters: Clusters;
  operations: Operations;
  planFleet: PlanFleet;
  /** Tells of clusters whose services, networks, secrets or configs changed. */
  onObjects: (listener: (clusterId: string) => void) => void;
  intervalMs: number;
  clock: Clock;
  log: Log;
}): WatchDrift => {
  const stopping = new AbortController();
  const bells = new Map<string, Bell>();
  const seen = new Map<string, Cluster>();
  const loops = new Set<Promise<void>>();
  let turn: Promise<unknown> = Promise.resolve();

  /** What is on its way to another document is no drift from the one before. */
  const isApplied = (clusterId: string): boolean =>
    operations
      .open()
      .some((one) => one.action === 'applyFleet' && one.clusterId === clusterId && one.state !== 'QUEUED');

  const look = async (clusterId: string): Promise<void> => {
    const declaration = declarations.find(clusterId);
    const cluster = clusters.find(clusterId);
    if (!declaration || stopping.signal.aborted) return;
    if (!cluster || cluster.dissolvedAt) return declarations.forget(clusterId, null);
    if (isApplied(clusterId)) return;
    const began = clock.now();
    try {
      // By its id: somebody may have renamed it since.
      const document = { ...planFleet.parse(declaration.document), cluster: clusterId };
      const { differences } = await planFleet.plan(document, requester);
      if (stopping.signal.aborted || isApplied(clusterId)) return;
      await declarations.found(clusterId, declaration.operationId, differences, began);
    } catch (error) {
      if (stopping.signal.aborted) return;
      const failure = error instanceof Error ? error : new Error(String(error));
      if (!(error instanceof Failure))
        log.error({ err: error, cluster: clusterId }, 'drift could not be seen');
      declarations.failed(clusterId, failure);
    }
  };

  /** One at a time over all clusters: each reads all of one from its managers. */
  const lookInTurn = (clusterId: string): Promise<void> => {
    const mine = turn.then(() => look(clusterId));
    turn = mine.catch(() => undefined);
    return mine;
  };

  const watch = async (clusterId: string, bell: Bell): Promise<void> => {
    while (!stopping.signal.aborted && declarations.find(clusterId)) {
      // Listening before looking: what changes meanwhile is looked at again.
      const hint = bell.wait(intervalMs, stopping.signal);
      await lookInTurn(clusterId).catch((error: unknown) =>
        log.error({ err: error, cluster: clusterId }, 'drift could not be kept'),
      );
      if ((await hint) === 'rung') await delay(debounceMs);
    }
  };

  const begin = (clusterId: string): void => {
    const known = bells.get(clusterId);
    known?.ring();
    if (known || stopping.signal.aborted) return;
    const bell = createBell();
    bells.set(clusterId, bell);
    const loop = watch(clusterId, bell).finally(() => {
      bells.delete(clusterId);
      loops.delete(loop);
      // Declared again in the moment in which it ended.
      if (declarations.find(clusterId)) begin(clusterId);
    });
    loops.add(loop);
  };

  for (const { clusterId } of declarations.list()) begin(clusterId);
  declarations.onDeclared(begin);
  onObjects((id) => bells.get(id)?.ring());
  clusters.onForgotten((id) => bells.get(id)?.ring());
  clusters.onChange((cluster) => {
    const bell = bells.get(cluster.id);
    if (!bell) return;
    const before = seen.get(cluster.id);
    seen.set(cluster.id, cluster);
    if (!before || before.dissolvedAt !== cluster.dissolvedAt || !isSameSwarm(before, cluster)) bell.ring();
  });

  return {
    stop: async () => {
      stopping.abort();
      await Promise.allSettled([...loops]);
    },
  };
};
