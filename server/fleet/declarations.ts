// What clusters were declared to be: the document that applyFleet carried out last, and what differs from it since.
import type { Fleet as Row } from '../../prisma/generated/client.ts';
import type { Actor } from '../audit/actor.ts';
import type { Cluster } from '../clusters/cluster.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { EventKind, Events } from '../platform/events.ts';
import { type Drift, driftChanges } from './drift.ts';
import type { Difference } from './fleet-plan.ts';

export type Declaration = {
  clusterId: string;
  document: string;
  /** The applyFleet that carried it out. */
  operationId: string;
  /** Who asked for that. */
  actor: Actor;
  appliedAt: Date;
  /** What differs from it, as last seen; `since`: null without a difference. */
  drift: Drift;
};

/** A declaration with how its watch stands, which is in memory alone. */
export type Watched = Declaration & {
  /** When the comparing that `drift` rests on was begun; null: not since the server started. */
  checkedAt: Date | null;
  /** Why it could not be compared the last time; then `drift` is of before. */
  failure: Error | null;
};

export type Declarations = {
  find(clusterId: string): Watched | null;
  list(): readonly Watched[];
  /** The cluster is as the document says, as an operation has just observed. */
  declare(declared: Omit<Declaration, 'appliedAt' | 'drift'>): Promise<void>;
  /**
   * What was found to differ. Nothing is written when it is the same as before, or when the declaration is not the one
   * that it was compared with.
   * @param operationId of the declaration that was compared with. @param at when the comparing was begun.
   */
  found(clusterId: string, operationId: string, differences: readonly Difference[], at: Date): Promise<void>;
  /** It could not be compared, which says nothing about drift. */
  failed(clusterId: string, failure: Error): void;
  /** @param operationId by which; null: the cluster itself is gone. */
  forget(clusterId: string, operationId: string | null): Promise<void>;
  onDeclared(listener: (clusterId: string) => void): void;
};

const declarationOf = (row: Row): Watched => ({
  clusterId: row.clusterId,
  document: row.document,
  operationId: row.operationId,
  actor: JSON.parse(row.actorJson),
  appliedAt: row.appliedAt,
  drift: { differences: JSON.parse(row.driftJson), since: row.driftSince },
  checkedAt: null,
  failure: null,
});

const rowOf = ({ clusterId, document, operationId, actor, appliedAt, drift }: Declaration): Row => ({
  clusterId,
  document,
  operationId,
  actorJson: JSON.stringify(actor),
  appliedAt,
  driftJson: JSON.stringify(drift.differences),
  driftSince: drift.since,
});

/** What events tell of it: all but the document, which may be long. */
export type DeclarationScalars = Omit<Declaration, 'document'>;
const scalarsOf = ({ clusterId, operationId, actor, appliedAt, drift }: Declaration): DeclarationScalars => ({
  clusterId,
  operationId,
  actor,
  appliedAt,
  drift,
});

const isGone = (cluster: Cluster | null): boolean => cluster === null || cluster.dissolvedAt !== null;

export const createDeclarations = async ({
  db,
  events,
  clusters,
  clock,
}: {
  db: Database;
  events: Events;
  clusters: Clusters;
  clock: Clock;
}): Promise<Declarations> => {
  const declarations = new Map<string, Watched>();
  const listeners: ((clusterId: string) => void)[] = [];
  for (const row of await db.read.fleet.findMany()) declarations.set(row.clusterId, declarationOf(row));

  const event = (
    kind: EventKind,
    before: Declaration | null,
    after: Declaration,
    operationId: string | null,
  ) => ({
    topic: 'FLEET' as const,
    kind,
    clusterId: after.clusterId,
    subjectId: after.clusterId,
    before: before && scalarsOf(before),
    after: scalarsOf(after),
    changes: driftChanges(before?.drift.differences ?? [], after.drift.differences),
    operationId,
  });

  /** Inside the write queue: the row and its event together, and the memory when both are durable. */
  const write = (
    clusterId: string,
    change: (before: Watched | null) => Watched | null,
    operationId: string | null,
  ) =>
    events.transact(
      async (tx, emit) => {
        const before = declarations.get(clusterId) ?? null;
        const after = change(before);
        if (!after) return null;
        const row = rowOf(after);
        await tx.fleet.upsert({ where: { clusterId }, create: row, update: row });
        await emit(event(before ? 'UPDATED' : 'ADDED', before, after, operationId));
        return after;
      },
      (after) => after && declarations.set(clusterId, after),
    );

  const forget: Declarations['forget'] = (clusterId, operationId) =>
    events.transact(
      async (tx, emit) => {
        const before = declarations.get(clusterId);
        if (!before) return;
        await tx.fleet.delete({ where: { clusterId } });
        await emit(event('REMOVED', before, before, operationId));
      },
      () => void declarations.delete(clusterId),
    );

  return {
    find: (clusterId) => declarations.get(clusterId) ?? null,
    list: () => [...declarations.values()],
    declare: async ({ clusterId, document, operationId, actor }) => {
      await write(
        clusterId,
        (before) =>
          isGone(clusters.find(clusterId)) || before?.operationId === operationId
            ? null
            : {
                clusterId,
                document,
                operationId,
                actor,
                appliedAt: clock.now(),
                drift: { differences: [], since: null },
                checkedAt: clock.now(),
                failure: null,
              },
        operationId,
      );
      for (const listener of listeners) listener(clusterId);
    },
    found: async (clusterId, operationId, seen, at) => {
      // As it will be read again: a value that JSON leaves out must not look like a change.
      const differences: Difference[] = JSON.parse(JSON.stringify(seen));
      const known = declarations.get(clusterId);
      if (known?.operationId !== operationId) return;
      const checked = { checkedAt: at, failure: null };
      const isSame = (drift: Drift): boolean => driftChanges(drift.differences, differences).length === 0;
      if (isSame(known.drift)) {
        declarations.set(clusterId, { ...known, ...checked });
        return;
      }
      await write(
        clusterId,
        (before) => {
          if (before?.operationId !== operationId || isSame(before.drift)) return null;
          const since = differences.length === 0 ? null : (before.drift.since ?? at);
          return { ...before, ...checked, drift: { differences, since } };
        },
        null,
      );
    },
    failed: (clusterId, failure) => {
      const known = declarations.get(clusterId);
      if (known) declarations.set(clusterId, { ...known, failure });
    },
    forget,
    onDeclared: (listener) => void listeners.push(listener),
  };
};
