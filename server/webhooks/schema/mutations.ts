// Mutations of webhooks and their deliveries.
import type { Context } from '../../context.ts';
import { builder } from '../../graphql/builder.ts';
import type { Operation } from '../../operations/operation.ts';
import { OperationRef } from '../../operations/schema/operation.ts';
import { actionInput, operationMutation, perform } from '../../operations/schema/operation-mutation.ts';
import { WebhookDeliveryRef } from './delivery.ts';
import { AlarmKindEnum } from './enums.ts';
import { WebhookRef } from './webhook-ref.ts';

type Shown = { operation: Operation; id: string | null; secret: string | null };

const shown = (secret: unknown): Omit<Shown, 'operation'> =>
  secret !== null && typeof secret === 'object' && 'id' in secret && 'secret' in secret
    ? { id: String(secret.id), secret: String(secret.secret) }
    : { id: null, secret: null };

const payload = (name: string) =>
  builder.objectRef<Shown>(name).implement({
    fields: (t) => ({
      operation: t.field({ type: OperationRef, resolve: ({ operation }) => operation }),
      webhook: t.field({
        type: WebhookRef,
        nullable: true,
        resolve: ({ id }, _, { webhooks }) => (id === null ? null : webhooks.find(id)),
      }),
      secret: t.exposeString('secret', {
        nullable: true,
        description:
          'What verifies its messages, `whsec_…`. Shown here and never again; null unless the operation succeeded now.',
      }),
    }),
  });
const CreateWebhookPayload = payload('CreateWebhookPayload');
const RotateWebhookSecretPayload = payload('RotateWebhookSecretPayload');

const CreateWebhookInput = actionInput('CreateWebhookInput', (t) => ({
  name: t.string({ required: true, description: 'Unique; 1 to 100 characters.' }),
  url: t.string({
    required: true,
    description:
      'HTTPS; plain HTTP to this machine only (127.0.0.1, [::1], localhost), and by who sees all clusters; no user in it; no link-local address, unless SKEP_WEBHOOK_LINK_LOCAL allows them.',
  }),
  alarms: t.field({ type: [AlarmKindEnum], required: true }),
  clusters: t.idList({ description: 'Cluster ids; null: all, and what is of no cluster.' }),
}));

builder.mutationField('createWebhook', (t) =>
  t.field({
    type: CreateWebhookPayload,
    description:
      'Makes a webhook. What is so already is not told, but its end is. Refused: NAME_TAKEN, TOO_MANY, NOT_FOUND of a cluster, FORBIDDEN for all clusters, or for this machine, with a key for some. Permission: webhook:write.',
    args: { input: t.arg({ type: CreateWebhookInput, required: true }) },
    resolve: async (_, { input }, context: Context) => {
      const { operation, secret } = await perform(context, 'createWebhook', input);
      return { operation, ...shown(secret) };
    },
  }),
);

operationMutation('updateWebhook', {
  permission: 'webhook:write',
  description:
    'Changes what is given. Disabled, it is told of nothing, and what was to be sent ends as FAILED; so does what is of clusters that it is told of no longer. Refused: NAME_TAKEN, NOT_FOUND, FORBIDDEN as for createWebhook.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    url: t.string({ description: 'As in createWebhook.' }),
    alarms: t.field({ type: [AlarmKindEnum] }),
    clusters: t.idList({ description: 'Cluster ids.' }),
    allClusters: t.boolean({
      description: 'True: all, and what is of no cluster; contradicts `clusters`. Default false.',
    }),
    enabled: t.boolean(),
  }),
});

const RotateWebhookSecretInput = actionInput('RotateWebhookSecretInput', (t) => ({
  id: t.id({ required: true }),
  overlapHours: t.float({
    description: 'How long the secrets of before sign as well; 0 to 720, default 24.',
  }),
}));

builder.mutationField('rotateWebhookSecret', (t) =>
  t.field({
    type: RotateWebhookSecretPayload,
    description:
      'Makes another secret. For a while each message is signed with both, so that the receiver can change over. Refused: NOT_FOUND. Permission: webhook:write.',
    args: { input: t.arg({ type: RotateWebhookSecretInput, required: true }) },
    resolve: async (_, { input }, context: Context) => {
      const { operation, secret } = await perform(context, 'rotateWebhookSecret', input);
      return { operation, ...shown(secret) };
    },
  }),
);

operationMutation('deleteWebhook', {
  permission: 'webhook:write',
  description: 'Deletes a webhook with its deliveries; what was to be sent is not. Refused: NOT_FOUND.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});

const TestWebhookInput = actionInput('TestWebhookInput', (t) => ({ id: t.id({ required: true }) }));
type Tested = { operation: Operation; delivery: string | null };
const TestWebhookPayload = builder.objectRef<Tested>('TestWebhookPayload').implement({
  fields: (t) => ({
    operation: t.field({ type: OperationRef, resolve: ({ operation }) => operation }),
    delivery: t.field({
      type: WebhookDeliveryRef,
      nullable: true,
      description: 'How it went; null: nothing was sent.',
      resolve: ({ delivery }, _, { deliveries }) => (delivery === null ? null : deliveries.find(delivery)),
    }),
  }),
});

builder.mutationField('testWebhook', (t) =>
  t.field({
    type: TestWebhookPayload,
    description:
      'Posts one message of the type `webhook.test`, once, also while the webhook is disabled. It ends as FAILED with DELIVERY_FAILED when it is not taken. Refused: NOT_FOUND. Permission: webhook:write.',
    args: { input: t.arg({ type: TestWebhookInput, required: true }) },
    resolve: async (_, { input }, context: Context) => {
      const { operation, secret } = await perform(context, 'testWebhook', input);
      const delivery =
        secret !== null && typeof secret === 'object' && 'delivery' in secret
          ? String(secret.delivery)
          : null;
      return { operation, delivery };
    },
  }),
);

operationMutation('redeliver', {
  permission: 'webhook:write',
  description:
    'Sends a delivery again, by the same `webhook-id` and with all its tries, whatever became of it. Refused: NOT_FOUND, WEBHOOK_DISABLED.',
  fields: (t) => ({ delivery: t.id({ required: true, description: 'Its id.' }) }),
});
