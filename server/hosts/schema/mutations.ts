// Mutations of hosts and enrolments.
import type { Context } from '../../context.ts';
import { builder } from '../../graphql/builder.ts';
import type { Operation } from '../../operations/operation.ts';
import { OperationRef } from '../../operations/schema/operation.ts';
import { actionInput, operationMutation, perform } from '../../operations/schema/operation-mutation.ts';
import { EnrolmentRef } from './enrolment.ts';

const CreateEnrolmentInput = actionInput('CreateEnrolmentInput', (t) => ({
  name: t.string({ description: 'The name that the host will have; null: its hostname.' }),
}));

type Made = { operation: Operation; id: string | null; secret: string | null };
const CreateEnrolmentPayload = builder.objectRef<Made>('CreateEnrolmentPayload').implement({
  fields: (t) => ({
    operation: t.field({ type: OperationRef, resolve: ({ operation }) => operation }),
    enrolment: t.field({
      type: EnrolmentRef,
      nullable: true,
      resolve: ({ id }, _, { enrolments }) => (id === null ? null : enrolments.find(id)),
    }),
    secret: t.exposeString('secret', {
      nullable: true,
      description: 'Shown here and never again; null unless the operation succeeded now.',
    }),
    command: t.string({
      nullable: true,
      description:
        'What to run on the host, in a built checkout. It asks for the secret, which so stands in no list of processes and no shell history.',
      resolve: ({ secret }, _, { agentUrl }) =>
        secret && `node dist/agent.cjs --server ${agentUrl()} --enrolment-file -`,
    }),
  }),
});

builder.mutationField('createEnrolment', (t) =>
  t.field({
    type: CreateEnrolmentPayload,
    description:
      'Makes a one-time secret, valid for 15 minutes, by which an agent registers its key. Permission: host:enrol.',
    args: { input: t.arg({ type: CreateEnrolmentInput, required: true }) },
    resolve: async (_, { input }, context: Context) => {
      const { operation, secret } = await perform(context, 'createEnrolment', input);
      const made =
        secret !== null && typeof secret === 'object' && 'id' in secret && 'secret' in secret ? secret : null;
      return { operation, id: made && String(made.id), secret: made && String(made.secret) };
    },
  }),
);

operationMutation('renameHost', {
  permission: 'host:update',
  description: 'Gives a host another name. NAME_TAKEN.',
  fields: (t) => ({ id: t.id({ required: true }), name: t.string({ required: true }) }),
});
operationMutation('revokeHost', {
  permission: 'host:update',
  description:
    'Ends its agent’s connection and refuses it from now on. Its engine and membership stay as they are.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});
operationMutation('releaseHost', {
  permission: 'host:enrol',
  description:
    'Ends the quarantine of a host: its agent is listened to again. A key that was copied stays copied: then revoke the host and enrol it anew instead. HOST_NOT_QUARANTINED, ENGINE_CLAIMED.',
  fields: (t) => ({
    id: t.id({ required: true }),
    engine: t.id({
      description:
        'The engine that the host is bound to from now on, when its engine was installed anew; null: as before.',
    }),
  }),
});
operationMutation('forgetHost', {
  permission: 'host:update',
  description:
    'Takes a host whose agent is not connected out of the list; its history stays. HOST_CONNECTED.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});
