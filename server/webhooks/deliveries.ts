// The deliveries in the database: made with the alarm in one transaction, kept for a while as a log.
import type { WebhookDelivery as Row } from '../../prisma/generated/client.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Transaction } from '../platform/events.ts';
import { failpoint } from '../platform/failpoints.ts';
import { uuidv7 } from '../platform/ids.ts';
import { testType } from './alarms.ts';
import { attemptsJson, type Delivery, type DeliveryState, deliveryOf } from './delivery.ts';
import { bodyOf, type Message } from './message.ts';
import type { Webhooks } from './registry.ts';
import { isToldOf } from './webhook.ts';

export type Deliveries = {
  /** Within the caller's transaction: one for each webhook that is to be told. @returns how many. */
  add(tx: Transaction, message: Message): Promise<number>;
  /** One for this webhook, which is not sent by itself. */
  addAlone(id: string, webhookId: string, message: Message): Promise<void>;
  /** What is signed and posted of it. */
  bodyOf(message: Message, at: Date): string;
  find(id: string): Promise<Delivery | null>;
  /** Newest first, or oldest first: ids between the bounds, exclusive. */
  list(
    webhookId: string,
    range: {
      above: string | null;
      below: string | null;
      order: 'asc' | 'desc';
      take: number;
      states: readonly DeliveryState[] | null;
      /** Of these clusters alone, see {@link isSeen}; null: all. */
      scope: readonly string[] | null;
    },
  ): Promise<Delivery[]>;
  /** Those whose time has come, in its order. */
  due(webhookId: string, now: Date, take: number): Promise<Delivery[]>;
  /** When the next of these webhooks is due that is not yet; null: none. */
  nextDue(webhookIds: readonly string[], now: Date): Promise<Date | null>;
  /** Within the caller's transaction. */
  change(
    tx: Transaction,
    id: string,
    change: Partial<Pick<Delivery, 'state' | 'tries' | 'attempts' | 'nextAttemptAt' | 'endedAt'>>,
  ): void;
  /** Ends all that is still to be sent, as FAILED. */
  giveUp(tx: Transaction, webhookId: string, now: Date): void;
  /** The same of what is not of these clusters, see {@link isSeen}. */
  giveUpBeyond(tx: Transaction, webhookId: string, clusters: readonly string[], now: Date): void;
  /**
   * Takes those away that are no longer kept.
   * @param latest nothing waits for longer by itself: what is to be sent after it was put off by a clock that was wrong, and
   * is due now.
   */
  prune(latest: Date): Promise<void>;
};

/** How long an ended delivery is kept, and how many of one webhook are. */
export const kept = { days: 30, ofWebhook: 1_000 } as const;
/** Of one webhook, waiting: a receiver that has been away for a day while everything failed is not told of more. */
const mostPending = 5_000;
const dayMs = 24 * 3_600_000;

/** A webhook may have been told of more clusters before it was changed. @param scope clusters; null: all. */
export const isSeen = ({ clusterId, type }: Delivery, scope: readonly string[] | null): boolean =>
  scope === null || type === testType || (clusterId !== null && scope.includes(clusterId));

export const newId = (): string => `msg_${uuidv7().replaceAll('-', '')}`;

/** @param consoleUrl null: messages name no page. @param added called when something is to be sent. */
export const createDeliveries = ({
  db,
  webhooks,
  consoleUrl,
  clock,
}: {
  db: Database;
  webhooks: Webhooks;
  consoleUrl: string | null;
  clock: Clock;
}): Deliveries => {
  const rowOf = (id: string, webhookId: string, message: Message, nextAttemptAt: Date | null) => ({
    id,
    webhookId,
    type: message.type,
    clusterId: message.clusterId,
    body: bodyOf(message, clock.now(), consoleUrl),
    state: 'PENDING',
    tries: 0,
    attemptsJson: '[]',
    createdAt: clock.now(),
    nextAttemptAt,
    endedAt: null,
  });
  /** How many wait for each webhook, counted once a transaction. */
  const waiting = new WeakMap<Transaction, Map<string, number>>();
  const isFull = (tx: Transaction, webhookId: string): boolean => {
    const counts = waiting.get(tx) ?? new Map<string, number>();
    waiting.set(tx, counts);
    const count =
      counts.get(webhookId) ??
      tx.$sql.all<{ count: number }>(
        'SELECT COUNT(*) AS "count" FROM (SELECT 1 FROM "WebhookDelivery" WHERE "webhookId" = ? AND "state" = \'PENDING\' LIMIT ?)',
        [webhookId, mostPending],
      )[0]?.count ??
      0;
    counts.set(webhookId, count + 1);
    return count >= mostPending;
  };

  return {
    add: async (tx, message) => {
      const { kind, clusterId } = message;
      if (kind === null) return 0;
      const told = webhooks.list().filter((webhook) => isToldOf(webhook, kind, clusterId));
      for (const webhook of told) {
        const row = rowOf(newId(), webhook.id, message, clock.now());
        tx.$sql.insert(
          'WebhookDelivery',
          isFull(tx, webhook.id)
            ? { ...row, state: 'FAILED', nextAttemptAt: null, endedAt: clock.now() }
            : row,
        );
        await failpoint('webhook.alarmWritten');
      }
      return told.length;
    },
    addAlone: (id, webhookId, message) =>
      db.write(async (tx) => void tx.$sql.insert('WebhookDelivery', rowOf(id, webhookId, message, null))),
    bodyOf: (message, at) => bodyOf(message, at, consoleUrl),
    find: async (id) => {
      const row = await db.read.webhookDelivery.findUnique({ where: { id } });
      return row && deliveryOf(row);
    },
    list: async (webhookId, { above, below, order, take, states, scope }) =>
      (
        await db.read.webhookDelivery.findMany({
          where: {
            webhookId,
            id: { ...(above === null ? {} : { gt: above }), ...(below === null ? {} : { lt: below }) },
            ...(states === null ? {} : { state: { in: [...states] } }),
            ...(scope === null ? {} : { OR: [{ clusterId: { in: [...scope] } }, { type: testType }] }),
          },
          orderBy: { id: order },
          take,
        })
      ).map(deliveryOf),
    due: async (webhookId, now, take) =>
      (
        await db.read.webhookDelivery.findMany({
          where: { webhookId, state: 'PENDING', nextAttemptAt: { lte: now } },
          orderBy: [{ nextAttemptAt: 'asc' }, { id: 'asc' }],
          take,
        })
      ).map(deliveryOf),
    nextDue: async (webhookIds, now) =>
      (
        await db.read.webhookDelivery.findFirst({
          where: { webhookId: { in: [...webhookIds] }, state: 'PENDING', nextAttemptAt: { gt: now } },
          orderBy: { nextAttemptAt: 'asc' },
          select: { nextAttemptAt: true },
        })
      )?.nextAttemptAt ?? null,
    change: (tx, id, { attempts, ...rest }) => {
      const columns: Partial<Row> = { ...rest, ...(attempts && { attemptsJson: attemptsJson(attempts) }) };
      tx.$sql.update('WebhookDelivery', id, columns);
    },
    giveUp: (tx, webhookId, now) =>
      void tx.$sql.run(
        'UPDATE "WebhookDelivery" SET "state" = \'FAILED\', "nextAttemptAt" = NULL, "endedAt" = ? WHERE "webhookId" = ? AND "state" = \'PENDING\'',
        [now, webhookId],
      ),
    giveUpBeyond: (tx, webhookId, clusters, now) =>
      void tx.$sql.run(
        `UPDATE "WebhookDelivery" SET "state" = 'FAILED', "nextAttemptAt" = NULL, "endedAt" = ? WHERE "webhookId" = ? AND "state" = 'PENDING' AND "type" <> ? AND ("clusterId" IS NULL OR "clusterId" NOT IN (${clusters.map(() => '?').join(', ')}))`,
        [now, webhookId, testType, ...clusters],
      ),
    prune: async (latest) => {
      const before = new Date(clock.now().getTime() - kept.days * dayMs);
      await db.write(async (tx) => {
        tx.$sql.run('DELETE FROM "WebhookDelivery" WHERE "state" <> \'PENDING\' AND "endedAt" < ?', [before]);
        tx.$sql.run(
          'UPDATE "WebhookDelivery" SET "nextAttemptAt" = ? WHERE "state" = \'PENDING\' AND "nextAttemptAt" > ?',
          [clock.now(), latest],
        );
        for (const { id } of webhooks.list())
          tx.$sql.run(
            'DELETE FROM "WebhookDelivery" WHERE "webhookId" = ? AND "state" <> \'PENDING\' AND "id" < (SELECT "id" FROM "WebhookDelivery" WHERE "webhookId" = ? ORDER BY "id" DESC LIMIT 1 OFFSET ?)',
            [id, id, kept.ofWebhook - 1],
          );
      });
    },
  };
};
