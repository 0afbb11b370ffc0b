// A task, as Docker has it.
import { builder } from '../../graphql/builder.ts';
import type { Task } from '../tasks.ts';

export const TaskRef = builder.objectRef<Task>('Task').implement({
  description: 'A task of a service, as Docker has it.',
  fields: (t) => ({
    id: t.exposeID('id'),
    serviceId: t.exposeID('serviceId', { nullable: true }),
    nodeId: t.exposeID('nodeId', { nullable: true, description: 'Null: it waits for a node.' }),
    slot: t.exposeInt('slot', { nullable: true }),
    image: t.exposeString('image', { nullable: true }),
    state: t.exposeString('state', {
      description: 'Observed: RUNNING, SHUTDOWN, FAILED … Docker’s words in capitals.',
    }),
    desiredState: t.exposeString('desiredState'),
    message: t.exposeString('message', { nullable: true }),
    error: t.exposeString('error', { nullable: true }),
    createdAt: t.field({ type: 'DateTime', resolve: ({ createdAt }) => new Date(createdAt) }),
    updatedAt: t.field({ type: 'DateTime', resolve: ({ updatedAt }) => new Date(updatedAt) }),
  }),
});
