// Sends what is due: each webhook on its own, so that a receiver that does not answer holds up no other one.
import { Webhook as Signer } from 'standardwebhooks';
import { system } from '../audit/actor.ts';
import type { Audit } from '../audit/record.ts';
import { createBell } from '../platform/bell.ts';
import type { Clock } from '../platform/clock.ts';
import type { Emit, Transaction } from '../platform/events.ts';
import { failpoint } from '../platform/failpoints.ts';
import type { Log } from '../platform/log.ts';
import { type Deliveries, isSeen, newId } from './deliveries.ts';
import { type Attempt, type Delivery, isTaken, nextAttempt } from './delivery.ts';
import type { Message } from './message.ts';
import type { Post } from './post.ts';
import type { Webhooks } from './registry.ts';
import { type DisabledReason, isToldOf, signing, type Webhook } from './webhook.ts';

export type Deliver = {
  /** Something may be due. */
  wake(): void;
  /**
   * Posts it now, once, to all that are to be told, and writes nothing: for what the database cannot take.
   */
  unwritten(message: Message): Promise<void>;
  /** Makes one attempt now and no further one. @returns how it went; null: the delivery or its webhook is gone. */
  once(id: string): Promise<Attempt | null>;
  /** Resolves when nothing is on its way any more; what was is sent again at the next start. */
  stop(): Promise<void>;
};

/** Of one webhook: a slow receiver gets no more until one of these is answered. */
const atOnce = 4;
const restMs = 60_000;
const pruneMs = 3_600_000;
/** Until the database takes what became of an attempt. */
const againMs = 1_000;
const goneStatus = 410;

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#webhook-headers-sending-metadata-to-consumers */
export const headersOf = (id: string, at: Date, body: string, secrets: readonly string[]) => ({
  'content-type': 'application/json',
  'user-agent': 'Skep',
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
  'webhook-signature': secrets.map((secret) => new Signer(secret).sign(id, at, body)).join(' '),
});

export const createDeliver = ({
  webhooks,
  deliveries,
  post,
  audit,
  retrySeconds,
  disableAfterMs,
  random = Math.random,
  clock,
  log,
}: {
  webhooks: Webhooks;
  deliveries: Deliveries;
  post: Post;
  audit: Audit;
  retrySeconds: readonly number[];
  disableAfterMs: number;
  random?: () => number;
  clock: Clock;
  log: Log;
}): Deliver => {
  const bell = createBell();
  const stopping = new AbortController();
  const onTheWay = new Map<string, Promise<void>>();
  /** Deliveries that are on their way, with their webhooks. */
  const sending = new Map<string, string>();
  const ofWebhook = (webhookId: string): string[] =>
    [...sending].flatMap(([id, of]) => (of === webhookId ? [id] : []));

  /** So that a ring during a look is not missed. */
  let rung = false;
  const wake = (): void => {
    rung = true;
    bell.ring();
  };

  const attempt = async ({ id, body }: Pick<Delivery, 'id' | 'body'>, webhook: Webhook): Promise<Attempt> => {
    const at = clock.now();
    const secrets = signing(webhook, at);
    if (webhook.url === null || secrets.length === 0)
      return { at, durationMs: 0, status: null, error: 'KEY_CHANGED' };
    await failpoint('webhook.beforeSend');
    const posted = await post(webhook.url, headersOf(id, at, body, secrets), body, stopping.signal);
    await failpoint('webhook.answered');
    return { at, ...posted };
  };

  /** By the server itself, and on record: nobody asked for it. */
  const disable = async (
    tx: Transaction,
    emit: Emit,
    { id, name, host }: Webhook,
    reason: DisabledReason,
    now: Date,
  ): Promise<void> => {
    deliveries.giveUp(tx, id, now);
    await audit.append(tx, emit, {
      phase: 'OBSERVED',
      action: 'webhookDisabled',
      actor: system,
      targets: [{ kind: 'WEBHOOK', id, name }],
      input: { reason, host },
    });
  };

  /** What became of it: the delivery, how its webhook stands, and a record when that is disabled, in one transaction. */
  const settle = async (delivery: Delivery, made: Attempt, isLast: boolean): Promise<void> => {
    const now = clock.now();
    const taken = isTaken(made.status);
    const tries = delivery.tries + 1;
    const next =
      taken || isLast || made.status === goneStatus ? null : nextAttempt(tries, retrySeconds, now, random());
    const state = taken ? 'SUCCEEDED' : next === null ? 'FAILED' : 'PENDING';
    const reasonOf = ({ disabled, failingSince }: Webhook): DisabledReason | null => {
      if (disabled || taken || isLast) return null;
      if (made.status === goneStatus) return 'GONE';
      const failedForMs = now.getTime() - (failingSince ?? made.at).getTime();
      return state === 'FAILED' && failedForMs >= disableAfterMs ? 'FAILING' : null;
    };
    let reason: DisabledReason | null = null;
    /** Disabled meanwhile, or told of its cluster no longer. */
    let givenUp = false;
    await webhooks.change(
      delivery.webhookId,
      (before) => {
        reason = reasonOf(before);
        givenUp = before.disabled !== null || !isSeen(delivery, before.clusters);
        return {
          ...(isLast && !taken ? {} : { failingSince: taken ? null : (before.failingSince ?? made.at) }),
          ...(reason && { disabled: { at: now, reason } }),
        };
      },
      async (tx, emit, after) => {
        if (reason) await disable(tx, emit, after, reason, now);
        const ends = state !== 'PENDING' || givenUp;
        deliveries.change(tx, delivery.id, {
          state: ends && state === 'PENDING' ? 'FAILED' : state,
          tries,
          attempts: [...delivery.attempts, made],
          nextAttemptAt: ends ? null : next,
          endedAt: ends ? now : null,
        });
      },
    );
    if (reason) log.warn({ webhook: delivery.webhookId, reason }, 'a webhook was disabled');
  };

  /** Until it is written: an attempt that is not on record would be made again at once. */
  const settled = async (delivery: Delivery, made: Attempt, isLast: boolean): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await settle(delivery, made, isLast);
        return;
      } catch (error) {
        log.error({ err: error, delivery: delivery.id }, 'what became of a delivery could not be written');
        await createBell().wait(againMs, stopping.signal);
      }
    }
  };

  const send = async (delivery: Delivery): Promise<void> => {
    const webhook = webhooks.find(delivery.webhookId);
    if (!webhook) return;
    // Once: the attempt that is made now is written over them.
    if (delivery.attemptsBroken)
      log.error(
        { delivery: delivery.id, webhook: webhook.id },
        'what was tried of a delivery before cannot be read; it is sent as if nothing had been',
      );
    const made = await attempt(delivery, webhook).catch((error: unknown): Attempt => {
      if (stopping.signal.aborted) throw error;
      // A try like any other: what is not on record would be made again at once, and for ever.
      log.error({ err: error, delivery: delivery.id }, 'a delivery could not be tried');
      return { at: clock.now(), durationMs: 0, status: null, error: 'BROKEN' };
    });
    await settled(delivery, made, false);
  };

  const begin = (delivery: Delivery): void => {
    sending.set(delivery.id, delivery.webhookId);
    const work = send(delivery)
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) log.error({ err: error, delivery: delivery.id }, 'a delivery failed');
      })
      .finally(() => {
        sending.delete(delivery.id);
        onTheWay.delete(delivery.id);
        wake();
      });
    onTheWay.set(delivery.id, work);
  };

  /** @returns milliseconds until the next is due. */
  const look = async (): Promise<number> => {
    const now = clock.now();
    const enabled = webhooks.list().filter(({ disabled }) => disabled === null);
    for (const { id } of enabled) {
      const busy = ofWebhook(id);
      if (busy.length >= atOnce) continue;
      const found = await deliveries.due(id, now, atOnce + busy.length);
      for (const delivery of found.filter((each) => !sending.has(each.id)).slice(0, atOnce - busy.length))
        begin(delivery);
    }
    const next = await deliveries.nextDue(
      enabled.map(({ id }) => id),
      now,
    );
    return next === null ? restMs : Math.max(0, Math.min(restMs, next.getTime() - clock.now().getTime()));
  };

  const loop = (async () => {
    let prunedAt = Number.NEGATIVE_INFINITY;
    const mostWaitMs = 1_200 * Math.max(...retrySeconds);
    while (!stopping.signal.aborted) {
      rung = false;
      let waitMs = againMs;
      try {
        if (clock.monotonicMs() - prunedAt > pruneMs) {
          prunedAt = clock.monotonicMs();
          await deliveries.prune(new Date(clock.now().getTime() + mostWaitMs));
        }
        waitMs = await look();
      } catch (error) {
        log.error({ err: error }, 'deliveries could not be looked at');
      }
      if (!rung) await bell.wait(waitMs, stopping.signal);
    }
  })();
  webhooks.onChange(wake);

  return {
    wake,
    unwritten: async (message) => {
      const { kind, clusterId } = message;
      const at = clock.now();
      const told = kind === null ? [] : webhooks.list().filter((each) => isToldOf(each, kind, clusterId));
      await Promise.all(
        told.map((webhook) => attempt({ id: newId(), body: deliveries.bodyOf(message, at) }, webhook)),
      ).catch((error: unknown) => {
        if (!stopping.signal.aborted) log.error({ err: error }, 'an alarm could not be posted');
      });
    },
    once: async (id) => {
      const delivery = await deliveries.find(id);
      const webhook = delivery && webhooks.find(delivery.webhookId);
      if (!delivery || !webhook) return null;
      const made = await attempt(delivery, webhook);
      await settled(delivery, made, true);
      return made;
    },
    stop: async () => {
      stopping.abort();
      await loop;
      await Promise.all(onTheWay.values());
    },
  };
};
