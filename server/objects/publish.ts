// From a read of a cluster's services, networks, secrets or configs to what the world hears: events, EXTERNAL records.
import { external } from '../audit/actor.ts';
import type { Audit } from '../audit/record.ts';
import { explain } from '../clusters/explain.ts';
import type { Clusters } from '../clusters/registry.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Events, Transaction } from '../platform/events.ts';
import { compareObjects, type ObjectDifference } from './compare.ts';
import { type ObjectKind, objectKinds, type Told } from './object.ts';
import { whoseIs } from './whose.ts';

/** `began`, `ended`: when the read was sent and when its answer came, with what was so at some moment between. */
export type ObjectsRead = {
  clusterId: string;
  kind: ObjectKind;
  seen: readonly Told[];
  began: Date;
  ended: Date;
};
/** @returns whether anything was told. The first read of a cluster tells nothing: all of it was there before. */
export type PublishObjects = (read: ObjectsRead) => Promise<boolean>;

/** What was seen last, and by a read that was begun when; null: never. */
type Sight = { at: Date | null; objects: ReadonlyMap<string, Told> };

/** So long after a cluster is known, the managers may still be making what every swarm has. */
const newClusterMs = 120_000;
const words = { ADDED: 'Added', UPDATED: 'Changed', REMOVED: 'Removed' } as const;

const storeObject =
  'INSERT INTO "SwarmObject" ("clusterId", "kind", "id", "seenJson") VALUES (?, ?, ?, ?) ON CONFLICT ("clusterId", "kind", "id") DO UPDATE SET "seenJson" = excluded."seenJson"';
const removeObject = 'DELETE FROM "SwarmObject" WHERE "clusterId" = ? AND "kind" = ? AND "id" = ?';
const storeSight =
  'INSERT INTO "ObjectSight" ("clusterId", "kind", "at") VALUES (?, ?, ?) ON CONFLICT ("clusterId", "kind") DO UPDATE SET "at" = excluded."at"';

export const createPublishObjects = ({
  clusters,
  db,
  events,
  audit,
  clock,
}: {
  clusters: Clusters;
  db: Database;
  events: Events;
  audit: Audit;
  clock: Clock;
}): PublishObjects => {
  const sights = new Map<string, Sight>();
  clusters.onForgotten((id) => {
    for (const kind of objectKinds) sights.delete(`${id} ${kind}`);
  });

  const sightOf = async (clusterId: string, kind: ObjectKind): Promise<Sight> => {
    const known = sights.get(`${clusterId} ${kind}`);
    if (known) return known;
    const row = await db.read.objectSight.findUnique({ where: { clusterId_kind: { clusterId, kind } } });
    const rows = await db.read.swarmObject.findMany({ where: { clusterId, kind } });
    return {
      at: row?.at ?? null,
      objects: new Map(rows.map(({ id, seenJson }) => [id, JSON.parse(seenJson)])),
    };
  };

  const store = (tx: Transaction, read: ObjectsRead, differences: readonly ObjectDifference[]): void => {
    const { clusterId, kind, began } = read;
    for (const { type, after } of differences)
      if (type === 'REMOVED') tx.$sql.run(removeObject, [clusterId, kind, after.id]);
      else tx.$sql.run(storeObject, [clusterId, kind, after.id, JSON.stringify(after)]);
    tx.$sql.run(storeSight, [clusterId, kind, began]);
  };

  return async (read) => {
    const { clusterId, kind, seen, began, ended } = read;
    const sight = await sightOf(clusterId, kind);
    const { objects, differences } = compareObjects(sight.objects, seen);
    const next = { at: began, objects };
    const key = `${clusterId} ${kind}`;
    if (sight.at !== null && differences.length === 0) {
      sights.set(key, next);
      return false;
    }
    const cluster = clusters.find(clusterId);
    if (!cluster || cluster.dissolvedAt) return false;
    const clusterIsNew = began.getTime() - cluster.createdAt.getTime() < newClusterMs;
    await events.transact(
      async (tx, emit) => {
        store(tx, read, differences);
        if (sight.at === null) return;
        const explanation = explain(tx, clusterId, sight.at, clock.now(), 'OBJECTS');
        for (const difference of differences) {
          const { type, before, after, changes } = difference;
          const whose = whoseIs(kind, difference, explanation, clusterIsNew);
          await emit({
            topic: kind,
            kind: type,
            clusterId,
            subjectId: after.id,
            before,
            after,
            changes: type === 'UPDATED' ? changes : [],
            operationId: whose.operationId,
          });
          if (whose.external === null) continue;
          await audit.append(tx, emit, {
            phase: 'OBSERVED',
            action: `${kind.toLowerCase()}${words[type]}`,
            actor: external,
            clusterId,
            targets: [{ kind, id: after.id, name: after.name }],
            changes: whose.external,
            input: {
              observedBetween: { from: sight.at, to: ended },
              versions: { from: before?.version ?? null, to: after.version },
            },
          });
        }
        explanation.settle();
      },
      () => sights.set(key, next),
    );
    return sight.at !== null;
  };
};
