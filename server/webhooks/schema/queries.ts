// Queries of webhooks.
import { within } from '../../access/api-keys.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { WebhookRef } from './webhook-ref.ts';

builder.queryFields((t) => ({
  webhooks: t.field({
    type: [WebhookRef],
    ...guarded('webhook:read', 'All webhooks, by name; of a key with cluster scopes, those within them.'),
    resolve: (_, __, { webhooks, scopeOf, requester }) => {
      const scope = scopeOf(requester);
      return webhooks.list().filter(({ clusters }) => within(clusters, scope));
    },
  }),
  webhook: t.field({
    type: WebhookRef,
    nullable: true,
    ...guarded('webhook:read', 'One webhook; null: unknown or out of scope.'),
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, { webhooks, scopeOf, requester }) => {
      const found = webhooks.find(id);
      return found && within(found.clusters, scopeOf(requester)) ? found : null;
    },
  }),
}));
