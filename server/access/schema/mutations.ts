// Mutations of API keys, and of links that sign in as one.
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

const CreateSignInLinkInput = actionInput('CreateSignInLinkInput', () => ({}));

type Link = { operation: Operation; ticket: string | null; expiresAt: Date | null };
const CreateSignInLinkPayload = builder.objectRef<Link>('CreateSignInLinkPayload').implement({
  fields: (t) => ({
    operation: t.field({ type: OperationRef, resolve: ({ operation }) => operation }),
    ticket: t.exposeString('ticket', {
      nullable: true,
      description: 'Signs in once. Shown here and never again; null unless the operation succeeded now.',
    }),
    link: t.string({
      nullable: true,
      description: 'The console’s address with the ticket behind a #, which no browser sends to a server.',
      resolve: ({ ticket }, _, { consoleUrl }) => ticket && `${consoleUrl()}/#ticket=${ticket}`,
    }),
    expiresAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ expiresAt }) => expiresAt }),
  }),
});

const linked = (secret: unknown): Omit<Link, 'operation'> =>
  secret !== null &&
  typeof secret === 'object' &&
  'ticket' in secret &&
  'expiresAt' in secret &&
  secret.expiresAt instanceof Date
    ? { ticket: String(secret.ticket), expiresAt: secret.expiresAt }
    : { ticket: null, expiresAt: null };

builder.mutationField('createSignInLink', (t) =>
  t.field({
    type: CreateSignInLinkPayload,
    description:
      'Makes a ticket that signs a browser in to the console, once and within five minutes, as the key or person that asks. Permission: session:create.',
    args: { input: t.arg({ type: CreateSignInLinkInput, required: true }) },
    resolve: async (_, { input }, context: Context) => {
      const { operation, secret } = await perform(context, 'createSignInLink', input);
      return { operation, ...linked(secret) };
    },
  }),
);
