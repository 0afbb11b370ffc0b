// A delivery, and what was tried of it.
import { builder } from '../../graphql/builder.ts';
import type { Attempt, Delivery } from '../delivery.ts';
import { WebhookDeliveryErrorEnum, WebhookDeliveryStateEnum } from './enums.ts';
import { WebhookRef } from './webhook-ref.ts';

const WebhookAttempt = builder.objectRef<Attempt>('WebhookAttempt').implement({
  description: 'One POST. Of the answer nothing but its status is kept.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', resolve: ({ at }) => at }),
    durationMs: t.exposeInt('durationMs', { description: 'Until the status came, or the error.' }),
    status: t.exposeInt('status', { nullable: true, description: 'HTTP status; null: none came.' }),
    error: t.field({
      type: WebhookDeliveryErrorEnum,
      nullable: true,
      description: 'Null: a status came.',
      resolve: ({ error }) => error,
    }),
  }),
});

export const WebhookDeliveryRef = builder.objectRef<Delivery>('WebhookDelivery').implement({
  description:
    'One message for one webhook. Ended ones are kept for 30 days, and of one webhook the newest 1,000.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description: '`webhook-id`: the same at each attempt, so that a receiver can drop what it has already.',
    }),
    webhook: t.field({
      type: WebhookRef,
      nullable: true,
      resolve: ({ webhookId }, _, { webhooks }) => webhooks.find(webhookId),
    }),
    type: t.exposeString('type', { description: '`node.down`, `node.up` …; docs/webhooks.md has them.' }),
    state: t.field({ type: WebhookDeliveryStateEnum, resolve: ({ state }) => state }),
    body: t.exposeString('body', { description: 'The JSON that is signed and posted, to the byte.' }),
    attempts: t.field({
      type: [WebhookAttempt],
      description: 'The newest 40, oldest first.',
      resolve: ({ attempts }) => [...attempts],
    }),
    createdAt: t.field({ type: 'DateTime', resolve: ({ createdAt }) => createdAt }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Null: none will be made by itself.',
      resolve: ({ nextAttemptAt }) => nextAttemptAt,
    }),
    endedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ endedAt }) => endedAt }),
  }),
});
