// Who asks, and API keys, in GraphQL.
import type { Context } from '../context.ts';
import { builder, guarded } from '../graphql/builder.ts';
import type { Operation } from '../operations/operation.ts';
import { actionInput, OperationRef, operationMutation, perform } from '../operations/schema.ts';
import { type ApiKey, within } from './api-keys.ts';
import { isPermission, type Permission, permissions, type roleNames } from './permissions.ts';

const RoleEnum = builder.enumType('Role', {
  description:
    'viewer < operator < admin. secret:reveal and cluster:force are in no role: they are given by name.',
  values: {
    VIEWER: { value: 'viewer', description: 'Reads.' },
    OPERATOR: { value: 'operator', description: 'Availability, labels, promotion.' },
    ADMIN: { value: 'admin', description: 'All the rest.' },
  } as const satisfies Record<string, { value: (typeof roleNames)[number]; description: string }>,
});

const permissionNames = Object.keys(permissions).filter(isPermission);

const PermissionRef = builder.objectRef<Permission>('Permission').implement({
  fields: (t) => ({
    name: t.string({ resolve: (name) => name }),
    description: t.string({ resolve: (name) => permissions[name] }),
  }),
});

const ApiKeyRef = builder.objectRef<ApiKey>('ApiKey').implement({
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

const Viewer = builder.objectRef<ApiKey>('Viewer').implement({
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

builder.queryFields((t) => ({
  viewer: t.field({
    type: Viewer,
    description: 'Whoever asks. Permission: none but a valid key.',
    resolve: (_, __, { viewer }) => viewer,
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

const CreateApiKeyInput = actionInput('CreateApiKeyInput', (t) => ({
  name: t.string({ required: true }),
  role: t.field({ type: RoleEnum, required: true }),
  permissions: t.stringList({ description: `Beyond the role: ${permissionNames.join(', ')}.` }),
  clusters: t.idList({ description: 'Cluster ids; null: all.' }),
  expiresAt: t.field({ type: 'DateTime', description: 'At most 365 days ahead, which is the default.' }),
}));

type Made = { operation: Operation; id: string | null; key: string | null };
const CreateApiKeyPayload = builder.objectRef<Made>('CreateApiKeyPayload').implement({
  fields: (t) => ({
    operation: t.field({ type: OperationRef, resolve: ({ operation }) => operation }),
    apiKey: t.field({
      type: ApiKeyRef,
      nullable: true,
      resolve: ({ id }, _, { apiKeys }) => (id === null ? null : apiKeys.find(id)),
    }),
    key: t.exposeString('key', {
      nullable: true,
      description: 'Shown here and never again; null unless the operation succeeded now.',
    }),
  }),
});

const made = (secret: unknown): { id: string | null; key: string | null } =>
  secret !== null && typeof secret === 'object' && 'id' in secret && 'key' in secret
    ? { id: String(secret.id), key: String(secret.key) }
    : { id: null, key: null };

builder.mutationField('createApiKey', (t) =>
  t.field({
    type: CreateApiKeyPayload,
    description: 'Makes an API key. It cannot hold more than its maker does. Permission: key:admin.',
    args: { input: t.arg({ type: CreateApiKeyInput, required: true }) },
    resolve: async (_, { input }, context: Context) => {
      const { operation, secret } = await perform(context, 'createApiKey', input);
      return { operation, ...made(secret) };
    },
  }),
);

operationMutation('revokeApiKey', {
  permission: 'key:admin',
  description: 'Ends a key at once; its open sockets are closed.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});
