// An API key, and whoever asks with one.

import { ActorKindEnum } from '../../audit/schema/enums.ts';
import { builder } from '../../graphql/builder.ts';
import type { ApiKey } from '../api-keys.ts';
import type { Holder } from '../holders.ts';
import { type Permission, permissions, roleNames, roles } from '../permissions.ts';
import { RoleEnum } from './enums.ts';

export const PermissionRef = builder.objectRef<Permission>('Permission').implement({
  description: 'Something that a key may be allowed.',
  fields: (t) => ({
    name: t.string({ resolve: (name) => name }),
    description: t.string({ resolve: (name) => permissions[name] }),
    roles: t.field({
      type: [RoleEnum],
      description: 'Roles that give it; none: it is given by name only.',
      resolve: (name) => roleNames.filter((role) => roles[role].some((given) => given === name)),
    }),
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
      resolve: (key, _, { holders }) => [...holders.permissionsOf(key)],
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

export const Viewer = builder.objectRef<Holder>('Viewer').implement({
  description: 'Whoever asks: an API key, or a person who signed in.',
  fields: (t) => ({
    kind: t.field({ type: ActorKindEnum, resolve: ({ kind }) => kind }),
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    role: t.field({ type: RoleEnum, resolve: ({ role }) => role }),
    permissions: t.stringList({ resolve: (key, _, { holders }) => [...holders.permissionsOf(key)] }),
    clusters: t.idList({
      nullable: true,
      description: 'Scope: cluster ids; null: all.',
      resolve: ({ clusters }) => clusters && [...clusters],
    }),
  }),
});
