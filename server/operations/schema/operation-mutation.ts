// How a mutation becomes an operation: its input, its field, its call.

import { GraphQLError } from 'graphql';
import type { Context } from '../../context.ts';
import { builder, type guarded } from '../../graphql/builder.ts';
import { GuardEnum } from './enums.ts';
import { OperationRef } from './operation.ts';

/** The fields that every input has beside its own. */
const commonFields = (t: Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0]) => ({
  reason: t.string({ description: 'Why: stands on record.' }),
  dryRun: t.boolean({
    description: 'Judge only: same rule, same verdict, nothing done, no record. Default false.',
  }),
  waitSeconds: t.float({
    description:
      'How long to wait for the end before an open operation is returned; 0 to 120, default 45. Also how long it may queue.',
  }),
  idempotencyKey: t.string({
    description:
      'The same operation is returned for the same key, actor and mutation for 24 hours; secrets are null then. Not with dryRun.',
  }),
  override: t.field({ type: [GuardEnum], description: 'Guards that do not hold here; needs a reason.' }),
});
type InputFields = Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0];

type Permission = Parameters<typeof guarded>[0];

/** An input type with the common fields; its name ends in `Input`. */
export const actionInput = <Fields extends object>(name: string, fields: (t: InputFields) => Fields) =>
  builder.inputType(name, { fields: (t: InputFields) => ({ ...fields(t), ...commonFields(t) }) as never });

/** Performs the action of this name; the context says for whom. */
export const perform = (context: Context, action: string, input: unknown) => {
  if (input === null || typeof input !== 'object') throw new GraphQLError('input is missing');
  return context.operations.perform(context.requester, action, { ...input });
};

/** The mutation of an action: `name(input: NameInput!): Operation!`. */
export const operationMutation = <Fields extends object>(
  name: string,
  {
    permission,
    description,
    fields,
  }: { permission: Permission; description: string; fields: (t: InputFields) => Fields },
): void => {
  const input = actionInput(`${name.charAt(0).toUpperCase()}${name.slice(1)}Input`, fields);
  builder.mutationField(name, (t) =>
    t.field({
      type: OperationRef,
      description: `${description} Permission: ${permission}.`,
      args: { input: t.arg({ type: input, required: true }) },
      resolve: async (_, args, context: Context) => (await perform(context, name, args.input)).operation,
    }),
  );
};
