// An API key, and whoever asks with one.
import { builder } from '../../graphql/builder.ts';
import type { ApiKey } from '../api-keys.ts';
import { type Permission, permissions } from '../permissions.ts';
import { RoleEnum } from './enums.ts';

const PermissionRef = builder.objectRef<Permission>('Permission').implement({
  fields: (t) => ({
    name: t.string({ resolve: (name) => name }),
    description: t.string({ resolve: (name) => permissions[name] }),
  }),
});

export const ApiKeyRef = builder.objectRef<ApiKey>('ApiKey').implement({
  description: 'What a frontend or script presents. Its secret is shown once, when it is made.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    role: t.field({ type: RoleEnum, resolve: ({ role }) => role }),
    permissions: t.field({
      type: [PermissionRef],
      description: 'All that it holds.',
      resolve: (key, _, { apiKeys }) => [...apiKeys.permissionsOf(key)],
    }),
    clusters: t.idList({
      nullable: true,
      description: 'Cluster ids that it is held for; null: all.',
      resolve: ({ clusters }) => clusters && [...clusters],
    }),
    createdAt: t.field({ type: 'DateTime', resolve: ({ createdAt }) => createdAt }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Null: never.',
      resolve: ({ expiresAt }) => expiresAt,
    }),
    lastUsedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'To the minute.',
      resolve: ({ lastUsedAt }) => lastUsedAt,
    }),
    revokedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ revokedAt }) => revokedAt }),
  }),
});

export const Viewer = builder.objectRef<ApiKey>('Viewer').implement({
  description: 'Whoever asks.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    role: t.field({ type: RoleEnum, resolve: ({ role }) => role }),
    permissions: t.stringList({ resolve: (key, _, { apiKeys }) => [...apiKeys.permissionsOf(key)] }),
    clusters: t.idList({
      nullable: true,
      description: 'Scope: cluster ids; null: all.',
      resolve: ({ clusters }) => clusters && [...clusters],
    }),
  }),
});
