// The webhooks: a row each, and in memory, for every alarm asks who is to be told.
import type { Webhook as Row } from '../../prisma/generated/client.ts';
import type { Database } from '../platform/database.ts';
import type { Emit, Events, Transaction } from '../platform/events.ts';
import type { Log } from '../platform/log.ts';
import type { Seal } from './seal.ts';
import { columnsOf, type Webhook, webhookOf } from './webhook.ts';

export type Webhooks = {
  find(id: string): Webhook | null;
  /** By name. */
  list(): readonly Webhook[];
  ofName(name: string): Webhook | null;
  create(webhook: Webhook): Promise<void>;
  /**
   * Changes one inside the write queue; `also` writes what belongs to the change in the same transaction.
   * @returns it as it is then; null: it is gone, or `change` left it as it was.
   */
  change(
    id: string,
    change: (before: Webhook) => Partial<Omit<Webhook, 'id'>> | null,
    also?: (tx: Transaction, emit: Emit, after: Webhook) => Promise<void>,
  ): Promise<Webhook | null>;
  /** With all that was delivered to it. */
  remove(id: string): Promise<void>;
  /** Called after each change, with what was written. */
  onChange(listener: () => void): void;
};

export const createWebhooks = async ({
  db,
  events,
  seal,
  log,
}: {
  db: Database;
  events: Events;
  seal: Seal;
  log: Log;
}): Promise<Webhooks> => {
  const webhooks = new Map<string, Webhook>();
  const listeners: (() => void)[] = [];
  for (const row of await db.read.webhook.findMany()) {
    const webhook = webhookOf(row, seal);
    webhooks.set(row.id, webhook);
    if (webhook.url === null || webhook.secrets.length === 0)
      log.error(
        { webhook: row.id, name: row.name },
        'a webhook was sealed by another key than this server’s: give it its address again and rotate its secret',
      );
  }
  const tell = (): void => {
    for (const listener of listeners) listener();
  };

  return {
    find: (id) => webhooks.get(id) ?? null,
    list: () => [...webhooks.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    ofName: (name) => [...webhooks.values()].find((webhook) => webhook.name === name) ?? null,
    create: async (webhook) => {
      const columns = columnsOf(webhook.id, webhook, seal) as Omit<Row, 'id'>;
      await events.transact(
        async (tx) => void (await tx.webhook.create({ data: { ...columns, id: webhook.id } })),
        () => void webhooks.set(webhook.id, webhook),
      );
      tell();
    },
    change: async (id, change, also = async () => undefined) => {
      const changed = await events.transact(
        async (tx, emit) => {
          const before = webhooks.get(id);
          const next = before && change(before);
          if (!before || !next) return null;
          const after = { ...before, ...next };
          const columns = columnsOf(id, next, seal);
          if (Object.keys(columns).length > 0) tx.$sql.update('Webhook', id, columns);
          await also(tx, emit, after);
          return after;
        },
        (after) => after && void webhooks.set(id, after),
      );
      tell();
      return changed;
    },
    remove: async (id) => {
      await events.transact(
        async (tx) => {
          tx.$sql.run('DELETE FROM "WebhookDelivery" WHERE "webhookId" = ?', [id]);
          tx.$sql.run('DELETE FROM "Webhook" WHERE "id" = ?', [id]);
        },
        () => void webhooks.delete(id),
      );
      tell();
    },
    onChange: (listener) => void listeners.push(listener),
  };
};
