// The filter of operations, as an input and as a rule.
import { builder } from '../../graphql/builder.ts';
import { type Operation, openStates } from '../operation.ts';
import { OperationStateEnum } from './enums.ts';

export const OperationFilter = builder.inputType('OperationFilter', {
  description: 'All that are given must hold.',
  fields: (t) => ({
    cluster: t.id(),
    actor: t.id(),
    action: t.string(),
    state: t.field({ type: [OperationStateEnum] }),
    open: t.boolean({ description: 'True: open ones only; false: final ones only.' }),
  }),
});
type Filter = typeof OperationFilter.$inferInput;

const isOpen = (state: string): boolean => openStates.some((open) => open === state);
export const operationMatches = (filter: Filter | null | undefined, operation: Operation): boolean =>
  !filter ||
  ((filter.cluster == null || operation.clusterId === filter.cluster) &&
    (filter.actor == null || operation.actor.id === filter.actor) &&
    (filter.action == null || operation.action === filter.action) &&
    (filter.state == null || filter.state.includes(operation.state)) &&
    (filter.open == null || isOpen(operation.state) === filter.open));
