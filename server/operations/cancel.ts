// cancelOperation: lets an open operation end early, itself an operation on record.
import * as z from 'zod';
import { Failure } from '../platform/failure.ts';
import { type Action, type Authorise, allClear, refused } from './action.ts';
import { isFinal } from './operation.ts';
import type { Operations } from './operations.ts';

const permission = 'operation:cancel';

/** @param operations late, for the door is built with its actions. */
export const cancelOperationAction = (
  operations: () => Operations,
  authorise: Authorise,
): Action<{ id: string }, { id: string }> => ({
  name: 'cancelOperation',
  permission,
  input: z.object({ id: z.string().min(1) }),
  named: ({ id }) => [{ kind: 'OPERATION', name: id }],
  resolve: async ({ id }, { actor }) => {
    const operation = await operations().find(id);
    if (!operation || !authorise(actor, permission, operation.clusterId))
      throw new Failure('NOT_FOUND', `no operation ${id}`, 'list operations');
    return {
      clusterId: operation.clusterId,
      plan: { id },
      targets: [{ kind: 'OPERATION', id, name: operation.action }],
      locks: [],
    };
  },
  judge: async ({ id }) => {
    const operation = await operations().find(id);
    return operation && isFinal(operation.state)
      ? refused(new Failure('NOT_CANCELLABLE', `operation ${id} has ended: ${operation.state}`))
      : allClear;
  },
  act: (run, { id }) => run.each(async () => void (await operations().cancel(id))),
});
