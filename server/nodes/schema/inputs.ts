// Inputs that mutations of nodes share.
import { builder } from '../../graphql/builder.ts';
import type { operationMutation } from '../../operations/schema/operation-mutation.ts';

export const LabelInput = builder.inputType('LabelInput', {
  fields: (t) => ({
    key: t.string({ required: true, description: 'No `=`, white space or control characters; at most 255.' }),
    value: t.string({ description: 'Default empty; at most 4,096 characters.' }),
  }),
});

/** The nodes that a mutation names. */
export const nodesFields = (t: Parameters<Parameters<typeof operationMutation>[1]['fields']>[0]) => ({
  nodes: t.field({ type: ['NodeRef'], required: true, description: 'All of one cluster.' }),
  cluster: t.id({ description: 'Needed unless all are full ids or exactly one cluster is in scope.' }),
});
