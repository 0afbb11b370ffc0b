// The clusters: a row each, and in memory with their nodes as last seen. Rules and acts never read this; they read afresh.
import type { Cluster as Row } from '../../prisma/generated/client.ts';
import { external } from '../audit/actor.ts';
import type { Audit } from '../audit/record.ts';
import { changesOf } from '../platform/changes.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Change, Emit, Events, Transaction } from '../platform/events.ts';
import { Failure } from '../platform/failure.ts';
import { type Cluster, clusterScalars, type SeenNode } from './cluster.ts';

export type Clusters = {
  /**
   * Moves with each change of what is known of any cluster, in the same step; not with how fresh it is (`note`). Counted
   * since the server started.
   */
  version(): number;
  find(id: string): Cluster | null;
  list(): readonly Cluster[];
  /** The cluster that has this node, by NodeID alone. */
  ofNode(nodeId: string): Cluster | null;
  create(cluster: {
    id: string;
    name: string;
    adopted: boolean;
    caDigest: string | null;
    discoveredThrough?: string;
  }): Promise<Cluster>;
  /**
   * Changes a cluster inside the write queue; `also` writes what belongs to the change in the same transaction.
   * The event is written when its scalars differ.
   */
  change(
    id: string,
    change: (
      before: Cluster,
      tx: Transaction,
      emit: Emit,
    ) => Promise<Partial<Cluster> | null> | Partial<Cluster> | null,
    operationId?: string | null,
  ): Promise<void>;
  /** What is true but worth no write: when it was read last, through whom. */
  note(id: string, note: Pick<Cluster, 'observedAt' | 'watchedThrough'>): void;
  forget(id: string): Promise<void>;
  onChange(listener: (cluster: Cluster) => void): void;
  /** Told when Skep no longer knows a cluster. */
  onForgotten(listener: (id: string) => void): void;
};

const clusterOf = (row: Row, nodes: ReadonlyMap<string, SeenNode>, now: Date): Cluster => ({
  id: row.id,
  name: row.name,
  adoptedAt: row.adoptedAt,
  caDigest: row.caDigest,
  dissolvedAt: row.dissolvedAt,
  createdAt: row.createdAt,
  observedAt: row.observedAt,
  swarm: row.swarmJson === null ? null : JSON.parse(row.swarmJson),
  tokens: {
    WORKER: {
      rotatedAt: row.workerRotatedAt,
      revealedAt: row.workerRevealedAt,
      seenAt: row.workerTokenSeenAt,
    },
    MANAGER: {
      rotatedAt: row.managerRotatedAt,
      revealedAt: row.managerRevealedAt,
      seenAt: row.managerTokenSeenAt,
    },
  },
  unlockKey: {
    rotatedAt: row.unlockKeyRotatedAt,
    revealedAt: row.unlockKeyRevealedAt,
    seenAt: row.unlockKeySeenAt,
  },
  caRotation: row.caRotationJson === null ? null : JSON.parse(row.caRotationJson),
  nodes,
  watchedThrough: null,
  formerManagers: row.formerManagersJson === null ? [] : JSON.parse(row.formerManagersJson),
  split: row.splitJson === null ? null : JSON.parse(row.splitJson),
  trouble: {
    code: 'CLUSTER_UNREACHABLE',
    message: 'not read since the server started',
    since: now,
    leaderlessSince: null,
    quorumLost: false,
  },
});

const columnsOf = (cluster: Cluster): Omit<Row, 'id'> => ({
  name: cluster.name,
  adoptedAt: cluster.adoptedAt,
  caDigest: cluster.caDigest,
  dissolvedAt: cluster.dissolvedAt,
  createdAt: cluster.createdAt,
  observedAt: cluster.observedAt,
  swarmJson: cluster.swarm && JSON.stringify(cluster.swarm),
  workerRotatedAt: cluster.tokens.WORKER.rotatedAt,
  workerRevealedAt: cluster.tokens.WORKER.revealedAt,
  managerRotatedAt: cluster.tokens.MANAGER.rotatedAt,
  managerRevealedAt: cluster.tokens.MANAGER.revealedAt,
  formerManagersJson: cluster.formerManagers.length > 0 ? JSON.stringify(cluster.formerManagers) : null,
  splitJson: cluster.split && JSON.stringify(cluster.split),
  workerTokenSeenAt: cluster.tokens.WORKER.seenAt,
  managerTokenSeenAt: cluster.tokens.MANAGER.seenAt,
  unlockKeyRotatedAt: cluster.unlockKey.rotatedAt,
  unlockKeyRevealedAt: cluster.unlockKey.revealedAt,
  unlockKeySeenAt: cluster.unlockKey.seenAt,
  caRotationJson: cluster.caRotation && JSON.stringify(cluster.caRotation),
});

const sameValue = (a: unknown, b: unknown): boolean =>
  a instanceof Date && b instanceof Date ? a.getTime() === b.getTime() : a === b;

/** Most changes are of nodes alone, and leave the cluster's own row as it is. */
const changedColumns = (before: Cluster, after: Cluster): Partial<Omit<Row, 'id'>> => {
  const old: Record<string, unknown> = columnsOf(before);
  return Object.fromEntries(
    Object.entries(columnsOf(after)).filter(([column, value]) => !sameValue(old[column], value)),
  );
};

const storeNode =
  'INSERT INTO "Node" ("clusterId", "id", "observationJson", "unexplained", "firstSeenAt") VALUES (?, ?, ?, ?, ?) ON CONFLICT ("clusterId", "id") DO UPDATE SET "observationJson" = excluded."observationJson", "unexplained" = excluded."unexplained"';

/** Rows of the nodes that differ. */
const storeNodes = async (tx: Transaction, before: Cluster, after: Cluster, now: Date): Promise<void> => {
  for (const node of after.nodes.values()) {
    if (before.nodes.get(node.id) === node) continue;
    const { unexplained, ...observation } = node;
    tx.$sql.run(storeNode, [after.id, node.id, JSON.stringify(observation), unexplained, now]);
  }
  const gone = [...before.nodes.keys()].filter((id) => !after.nodes.has(id));
  if (gone.length > 0) await tx.node.deleteMany({ where: { clusterId: after.id, id: { in: gone } } });
};

export const createClusters = async ({
  db,
  events,
  audit,
  clock,
}: {
  db: Database;
  events: Events;
  audit: Audit;
  clock: Clock;
}): Promise<Clusters> => {
  const clusters = new Map<string, Cluster>();
  for (const row of await db.read.cluster.findMany()) {
    const nodes = await db.read.node.findMany({ where: { clusterId: row.id } });
    const seen = nodes.map(({ id, observationJson, unexplained }): [string, SeenNode] => [
      id,
      // Stored before the two were looked at.
      { downSince: null, hostId: null, ...JSON.parse(observationJson), unexplained },
    ]);
    clusters.set(row.id, clusterOf(row, new Map(seen), clock.now()));
  }
  let version = 0;
  const put = (cluster: Cluster): void => {
    version += 1;
    clusters.set(cluster.id, cluster);
  };
  const listeners: ((cluster: Cluster) => void)[] = [];
  const forgotten: ((id: string) => void)[] = [];
  const tell = (id: string): void => {
    const cluster = clusters.get(id);
    if (cluster) for (const listener of listeners) listener(cluster);
  };

  const emitCluster = (
    emit: Emit,
    kind: 'ADDED' | 'UPDATED' | 'REMOVED',
    cluster: Cluster,
    old: Cluster | null,
    operationId: string | null,
  ) => {
    const after = clusterScalars(cluster);
    const before = old && clusterScalars(old);
    const changes: Change[] = kind === 'UPDATED' ? changesOf(before, after) : [];
    if (kind === 'UPDATED' && changes.length === 0) return Promise.resolve();
    return emit({
      topic: 'CLUSTER',
      kind,
      clusterId: cluster.id,
      subjectId: cluster.id,
      before,
      after,
      changes,
      operationId,
    });
  };

  return {
    version: () => version,
    find: (id) => clusters.get(id) ?? null,
    list: () => [...clusters.values()],
    ofNode: (nodeId) => [...clusters.values()].find(({ nodes }) => nodes.has(nodeId)) ?? null,
    create: async ({ id, name, adopted, caDigest, discoveredThrough }) => {
      const now = clock.now();
      const cluster: Cluster = {
        id,
        name,
        adoptedAt: adopted ? now : null,
        caDigest,
        dissolvedAt: null,
        createdAt: now,
        observedAt: null,
        swarm: null,
        tokens: {
          WORKER: { rotatedAt: null, revealedAt: null, seenAt: null },
          MANAGER: { rotatedAt: null, revealedAt: null, seenAt: null },
        },
        unlockKey: { rotatedAt: null, revealedAt: null, seenAt: null },
        caRotation: null,
        nodes: new Map(),
        watchedThrough: null,
        formerManagers: [],
        split: null,
        trouble: {
          code: 'CLUSTER_UNREACHABLE',
          message: 'not read yet',
          since: now,
          leaderlessSince: null,
          quorumLost: false,
        },
      };
      await events.transact(
        async (tx, emit) => {
          await tx.cluster.create({ data: { id, ...columnsOf(cluster) } });
          await emitCluster(emit, 'ADDED', cluster, null, null);
          if (discoveredThrough !== undefined)
            await audit.append(tx, emit, {
              phase: 'OBSERVED',
              action: 'clusterDiscovered',
              actor: external,
              clusterId: id,
              targets: [{ kind: 'CLUSTER', id, name }],
              input: { discoveredThrough },
            });
        },
        () => put(cluster),
      );
      tell(id);
      return cluster;
    },
    change: async (id, change, operationId = null) => {
      await events.transact(
        async (tx, emit) => {
          const before = clusters.get(id);
          if (!before) throw new Failure('NOT_FOUND', `no cluster ${id}`, 'list clusters');
          const changed = await change(before, tx, emit);
          if (!changed) return null;
          const after: Cluster = { ...before, ...changed };
          const columns = changedColumns(before, after);
          if (Object.keys(columns).length > 0) tx.$sql.update('Cluster', id, columns);
          if (after.nodes !== before.nodes) await storeNodes(tx, before, after, clock.now());
          await emitCluster(emit, 'UPDATED', after, before, operationId);
          return after;
        },
        (after) => after && put(after),
      );
      tell(id);
    },
    note: (id, note) => {
      const cluster = clusters.get(id);
      if (cluster) clusters.set(id, { ...cluster, ...note });
    },
    forget: async (id) => {
      await events.transact(
        async (tx, emit) => {
          const cluster = clusters.get(id);
          if (!cluster) return;
          await tx.node.deleteMany({ where: { clusterId: id } });
          await tx.swarmObject.deleteMany({ where: { clusterId: id } });
          await tx.objectSight.deleteMany({ where: { clusterId: id } });
          await tx.cluster.delete({ where: { id } });
          await emitCluster(emit, 'REMOVED', cluster, cluster, null);
        },
        () => {
          version += 1;
          clusters.delete(id);
        },
      );
      for (const listener of forgotten) listener(id);
    },
    onChange: (listener) => void listeners.push(listener),
    onForgotten: (listener) => void forgotten.push(listener),
  };
};
