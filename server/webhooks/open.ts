// The parts of this slice, put together: what is made before the one door, and the watch that begins when it is open.
import type { Audit } from '../audit/record.ts';
import type { ServerIdentity } from '../hosts/server-identity.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Events } from '../platform/events.ts';
import type { Log } from '../platform/log.ts';
import type { WebhookParts } from './actions.ts';
import { createDeliver } from './deliver.ts';
import { createDeliveries } from './deliveries.ts';
import type { World } from './from-state.ts';
import { createPost } from './post.ts';
import { createWebhooks } from './registry.ts';
import { createSeal } from './seal.ts';
import { createWatchAlarms, type WatchAlarms } from './watch.ts';

/** As `server/config.ts` has them. */
export type WebhookSettings = {
  consoleUrl: string | null;
  webhookGraceSeconds: number;
  webhookRetrySeconds: readonly number[];
  webhookSeconds: number;
  webhookDisableHours: number;
  webhookLinkLocal: boolean;
};

export type OpenWebhooks = Omit<WebhookParts, 'clusters' | 'scopeOf' | 'clock'> & {
  /** An act could not be put on record, or one could again. */
  recorded(could: boolean): void;
  /** Begins to look for alarms. */
  watch(world: Omit<World, 'names'>): Promise<void>;
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
};

export const openWebhooks = async ({
  db,
  events,
  audit,
  identity,
  settings,
  clock,
  log,
}: {
  db: Database;
  events: Events;
  audit: Audit;
  identity: ServerIdentity;
  settings: WebhookSettings;
  clock: Clock;
  log: Log;
}): Promise<OpenWebhooks> => {
  const seal = createSeal(identity.derive('webhooks'));
  const webhooks = await createWebhooks({ db, events, seal, log });
  const consoleUrl = settings.consoleUrl?.replace(/\/$/, '') ?? null;
  const deliveries = createDeliveries({ db, webhooks, consoleUrl, clock });
  const linkLocalAllowed = settings.webhookLinkLocal;
  const deliver = createDeliver({
    webhooks,
    deliveries,
    post: createPost({ timeoutMs: settings.webhookSeconds * 1_000, linkLocalAllowed }),
    audit,
    retrySeconds: settings.webhookRetrySeconds,
    disableAfterMs: settings.webhookDisableHours * 3_600_000,
    clock,
    log,
  });
  let watching: WatchAlarms | null = null;
  return {
    webhooks,
    deliveries,
    deliver,
    seal,
    linkLocalAllowed,
    recorded: (could) => watching?.recorded(could),
    watch: async (world) => {
      const graceMs = settings.webhookGraceSeconds * 1_000;
      watching = await createWatchAlarms({ db, events, deliveries, world, graceMs, deliver, clock, log });
    },
    stop: async () => void (await Promise.all([watching?.stop(), deliver.stop()])),
  };
};
