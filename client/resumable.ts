// Whether a subscription can go on after a break: it must take `after` from `$after`, and tell each event's cursor.
import { Kind, OperationTypeNode } from 'graphql';
import { badInput } from './errors.ts';
import { keyOf, rootOf, under } from './selection.ts';

const hint =
  'write subscription ($after: String) { nodeChanged(after: $after) { cursor … } }: the client moves $after along';

/**
 * @returns what finds the cursor in an event.
 * @throws SkepError BAD_USER_INPUT
 */
export const resumable = (query: string): ((data: object) => string) => {
  const { field, key, below } = rootOf(query, OperationTypeNode.SUBSCRIPTION, hint);
  const takesAfter = field.arguments?.some(
    ({ name, value }) =>
      name.value === 'after' && value.kind === Kind.VARIABLE && value.name.value === 'after',
  );
  if (!takesAfter) throw badInput(`${field.name.value} does not take after: $after`, hint);
  const cursor = below(field, 'cursor');
  if (!cursor) throw badInput(`${field.name.value} does not select cursor`, hint);
  return (data) => String(under(under(data, key), keyOf(cursor)));
};
