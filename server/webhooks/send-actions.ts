// Deliveries that somebody asks for: a test, and one that is sent again.
import * as z from 'zod';
import { type Action, allClear, refused } from '../operations/action.ts';
import { Failure } from '../platform/failure.ts';
import { findWebhook, placed, type WebhookParts } from './actions.ts';
import { testType } from './alarms.ts';
import { isSeen, newId } from './deliveries.ts';
import { isTaken } from './delivery.ts';
import { postErrors } from './post.ts';

type TestPlan = { id: string; delivery: string };

export const testWebhookAction = (
  parts: WebhookParts,
): Action<{ id: string }, TestPlan, { delivery: string }> => ({
  name: 'testWebhook',
  permission: 'webhook:write',
  input: z.object({ id: z.string().min(1) }),
  named: ({ id }) => [{ kind: 'WEBHOOK', name: id }],
  resolve: async ({ id }, requester) => ({
    ...placed(findWebhook(parts, id, requester), parts.scopeOf(requester)),
    plan: { id, delivery: newId() },
  }),
  judge: async () => allClear,
  act: async (run, { id, delivery }) => {
    await run.each(async () => {
      const known = await parts.deliveries.find(delivery);
      if (!known)
        await parts.deliveries.addAlone(delivery, id, {
          kind: null,
          type: testType,
          clusterId: null,
          alarm: null,
          told: { page: '/' },
        });
      // One that an earlier process sent and wrote down is not sent again.
      const made = known?.attempts.at(-1) ?? (await parts.deliver.once(delivery));
      if (made === null) throw new Failure('NOT_FOUND', `no webhook ${id}`, 'list webhooks');
      if (!isTaken(made.status))
        throw new Failure(
          'DELIVERY_FAILED',
          made.error ? postErrors[made.error] : `The receiver answered ${made.status}.`,
          'look at the receiver, then test again',
        );
    });
    return { delivery };
  },
});

type RedeliverPlan = { delivery: string; webhook: string };

export const redeliverAction = (parts: WebhookParts): Action<{ delivery: string }, RedeliverPlan> => ({
  name: 'redeliver',
  permission: 'webhook:write',
  input: z.object({ delivery: z.string().min(1) }),
  named: ({ delivery }) => [{ kind: 'WEBHOOK_DELIVERY', name: delivery }],
  resolve: async ({ delivery }, requester) => {
    const found = await parts.deliveries.find(delivery);
    const unknown = new Failure('NOT_FOUND', `no delivery ${delivery}`, 'list the deliveries of the webhook');
    if (!found || !isSeen(found, parts.scopeOf(requester))) throw unknown;
    const webhook = parts.webhooks.find(found.webhookId);
    if (!webhook) throw unknown;
    try {
      findWebhook(parts, webhook.id, requester);
    } catch {
      throw unknown;
    }
    const { clusterId, targets, locks } = placed(webhook, parts.scopeOf(requester));
    return {
      clusterId,
      plan: { delivery, webhook: webhook.id },
      targets: [{ kind: 'WEBHOOK_DELIVERY', id: delivery, name: `${targets[0]?.name} ${found.type}` }],
      locks,
    };
  },
  judge: async ({ webhook }) => {
    const found = parts.webhooks.find(webhook);
    return found?.disabled
      ? refused(
          new Failure(
            'WEBHOOK_DISABLED',
            `webhook ${found.name} is disabled`,
            'updateWebhook(enabled: true)',
          ),
        )
      : allClear;
  },
  act: (run, { delivery, webhook }) =>
    run.each(async () => {
      await parts.webhooks.change(
        webhook,
        () => ({}),
        async (tx) =>
          parts.deliveries.change(tx, delivery, {
            state: 'PENDING',
            tries: 0,
            nextAttemptAt: parts.clock.now(),
            endedAt: null,
          }),
      );
    }),
});
