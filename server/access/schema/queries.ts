// Queries of who asks, and of API keys.
import { builder, guarded } from '../../graphql/builder.ts';
import { within } from '../api-keys.ts';
import { isPermission, permissions } from '../permissions.ts';
import { ApiKeyRef, PermissionRef, Viewer } from './api-key.ts';

builder.queryFields((t) => ({
  viewer: t.field({
    type: Viewer,
    description: 'Whoever asks. Permission: none but a valid key.',
    resolve: (_, __, { viewer }) => viewer,
  }),
  serverVersion: t.string({
    description: 'Which version of Skep answers. Permission: none but a valid key.',
    resolve: (_, __, { version }) => version,
  }),
  permissions: t.field({
    type: [PermissionRef],
    description: 'All permissions that there are. Permission: none but a valid key.',
    resolve: () => Object.keys(permissions).filter(isPermission),
  }),
  apiKeys: t.field({
    type: [ApiKeyRef],
    ...guarded('key:admin', 'All keys, revoked ones too; of a key with cluster scopes, those within them.'),
    resolve: (_, __, { apiKeys, scopeOf, requester }) => {
      const scope = scopeOf(requester);
      return apiKeys.list().filter(({ clusters }) => within(clusters, scope));
    },
  }),
}));
