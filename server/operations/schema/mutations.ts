// Mutations that belong to no other slice: of the history and of operations themselves.
import { operationMutation } from './operation-mutation.ts';

operationMutation('sealAudit', {
  permission: 'audit:seal',
  description:
    'Writes the older part of the history into files that are verified, signed and sealed, then deletes it from the database. NOT_FOUND when nothing is older.',
  fields: (t) => ({
    before: t.field({ type: 'DateTime', required: true, description: 'Records before this moment.' }),
  }),
});
operationMutation('cancelOperation', {
  permission: 'operation:cancel',
  description:
    'Lets an open operation end early: a target that was begun is finished, the others are left. NOT_CANCELLABLE when it has ended.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});
