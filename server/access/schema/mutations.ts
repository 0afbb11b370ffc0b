// Mutations of API keys.
import type { Context } from '../../context.ts';
import { builder } from '../../graphql/builder.ts';
import type { Operation } from '../../operations/operation.ts';
import { OperationRef } from '../../operations/schema/operation.ts';
import { actionInput, operationMutation, perform } from '../../operations/schema/operation-mutation.ts';
import { isPermission, permissions } from '../permissions.ts';
import { ApiKeyRef } from './api-key.ts';
import { RoleEnum } from './enums.ts';

const permissionNames = Object.keys(permissions).filter(isPermission);

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
