// A webhook, and what was delivered to it.
import { builder } from '../../graphql/builder.ts';
import { keysetPage } from '../../graphql/connection.ts';
import type { Delivery } from '../delivery.ts';
import { WebhookDeliveryRef } from './delivery.ts';
import { AlarmKindEnum, WebhookDeliveryStateEnum, WebhookDisabledReasonEnum } from './enums.ts';
import { WebhookRef } from './webhook-ref.ts';

const WebhookDeliveryConnection = builder.connectionObject({
  type: WebhookDeliveryRef,
  name: 'WebhookDeliveryConnection',
});
const isId = (value: unknown): value is string => typeof value === 'string' && value.length <= 64;

WebhookRef.implement({
  description:
    'An HTTPS address that signed alarms are posted to. Its secret is shown once, when it is made.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name', { description: 'Unique.' }),
    url: t.exposeString('url', {
      nullable: true,
      description:
        'The whole address, which may hold a secret. Null: it cannot be read, since the server’s key is not the one that it was sealed with; updateWebhook with another.',
    }),
    host: t.exposeString('host', { description: 'Of the address: all that logs and records show of it.' }),
    alarms: t.field({ type: [AlarmKindEnum], resolve: ({ alarms }) => [...alarms] }),
    clusters: t.idList({
      nullable: true,
      description: 'Cluster ids whose alarms it is told of; null: all, and those of no cluster.',
      resolve: ({ clusters }) => clusters && [...clusters],
    }),
    secretsUntil: t.field({
      type: ['DateTime'],
      description: 'Until when secrets of before sign as well, beside the one of now.',
      resolve: ({ secrets }, _, { clock }) =>
        secrets.flatMap(({ until }) => (until !== null && until > clock.now() ? [until] : [])),
    }),
    createdAt: t.field({ type: 'DateTime', resolve: ({ createdAt }) => createdAt }),
    disabledAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Null: it is enabled.',
      resolve: ({ disabled }) => disabled?.at ?? null,
    }),
    disabledReason: t.field({
      type: WebhookDisabledReasonEnum,
      nullable: true,
      resolve: ({ disabled }) => disabled?.reason ?? null,
    }),
    failingSince: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Of the first failed attempt since one was taken; null: the newest was taken.',
      resolve: ({ failingSince }) => failingSince,
    }),
    deliveries: t.field({
      type: WebhookDeliveryConnection,
      description:
        'Newest first; of a key with cluster scopes, those about what it sees. `first` or `last` 1 to 100, default 50; no count.',
      args: {
        state: t.arg({ type: [WebhookDeliveryStateEnum], description: 'Default: all.' }),
        first: t.arg.int(),
        after: t.arg.string(),
        last: t.arg.int(),
        before: t.arg.string(),
      },
      resolve: ({ id }, { state, ...page }, { deliveries, scopeOf, requester }) =>
        keysetPage(
          page,
          100,
          (delivery: Delivery) => delivery.id,
          isId,
          (range) => deliveries.list(id, { ...range, states: state ?? null, scope: scopeOf(requester) }),
        ),
    }),
  }),
});
