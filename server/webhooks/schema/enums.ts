// Enums of webhooks.
import { builder } from '../../graphql/builder.ts';
import { type AlarmKind, alarmKinds, alarms } from '../alarms.ts';
import type { DeliveryState } from '../delivery.ts';
import { type PostError, postErrors } from '../post.ts';
import type { DisabledReason } from '../webhook.ts';

const typesOf = (kind: AlarmKind): string =>
  [alarms[kind].begins, alarms[kind].ends].flatMap((type) => (type === null ? [] : `\`${type}\``)).join(', ');

export const AlarmKindEnum = builder.enumType('AlarmKind', {
  description: 'What a webhook can be told of, with the types of its messages. Open: expect new values.',
  values: Object.fromEntries(
    alarmKinds.map((kind) => [kind, { description: `${alarms[kind].means} ${typesOf(kind)}.` }]),
  ) as Record<AlarmKind, { description: string }>,
});

export const WebhookDisabledReasonEnum = builder.enumType('WebhookDisabledReason', {
  description: 'Open: expect new values.',
  values: {
    BY_OPERATOR: { description: 'By updateWebhook.' },
    GONE: { description: 'The receiver answered 410 Gone.' },
    FAILING: { description: 'Nothing was taken for as long as SKEP_WEBHOOK_DISABLE_HOURS says.' },
  } satisfies Record<DisabledReason, { description: string }>,
});

export const WebhookDeliveryStateEnum = builder.enumType('WebhookDeliveryState', {
  description: 'Open: expect new values.',
  values: {
    PENDING: { description: 'To be sent, or sent again.' },
    SUCCEEDED: { description: 'The receiver answered 2xx.' },
    FAILED: { description: 'It is not sent again by itself; `redeliver` does.' },
  } satisfies Record<DeliveryState, { description: string }>,
});

export const WebhookDeliveryErrorEnum = builder.enumType('WebhookDeliveryError', {
  description: 'Why an attempt got no answer. Open: expect new values.',
  values: Object.fromEntries(
    Object.entries(postErrors).map(([name, description]) => [name, { description }]),
  ) as Record<PostError, { description: string }>,
});
