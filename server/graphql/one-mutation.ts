// One root mutation field a request: the audit record, the lock and the idempotency key are of one act.
import { GraphQLError, type ValidationRule } from 'graphql';

export const oneMutationField: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (node.operation !== 'mutation' || node.selectionSet.selections.length === 1) {
      const [only] = node.selectionSet.selections;
      if (node.operation !== 'mutation' || only?.kind === 'Field') return;
    }
    context.reportError(
      new GraphQLError('a request has one mutation field, written out', {
        nodes: node,
        extensions: { code: 'BAD_USER_INPUT' },
      }),
    );
  },
});
