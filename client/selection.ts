// What a document selects, read from its text: where in an answer a field stands, whatever aliases and fragments say.
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
  parse,
} from 'graphql';
import { badInput } from './errors.ts';

export type Root = {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  field: FieldNode;
  /** Its key in the answer. */
  key: string;
  /** Finds a field below another one. */
  below(field: FieldNode, name: string): FieldNode | null;
};

export const keyOf = (field: FieldNode): string => field.alias?.value ?? field.name.value;

const read = (query: string, hint: string): DocumentNode => {
  try {
    return parse(query, { noLocation: true });
  } catch (error) {
    throw badInput(`the document is not GraphQL: ${error instanceof Error ? error.message : error}`, hint);
  }
};

/** The one root field of a document of this kind. @throws SkepError BAD_USER_INPUT */
export const rootOf = (query: string, kind: OperationTypeNode, hint: string): Root => {
  const document = read(query, hint);
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const [operation] = operations;
  const [field, ...fields] = operation?.selectionSet.selections ?? [];
  if (operation?.operation !== kind || operations.length > 1)
    throw badInput(`the document is not one ${kind}`, hint);
  if (field?.kind !== Kind.FIELD || fields.length > 0)
    throw badInput(`the ${kind} is not of one field`, hint);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions)
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);

  const below: Root['below'] = ({ selectionSet }, name) => {
    const find = (set: FieldNode['selectionSet']): FieldNode | null => {
      for (const selection of set?.selections ?? []) {
        if (selection.kind === Kind.FIELD) {
          if (selection.name.value === name) return selection;
          continue;
        }
        const inner =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
        const found = find(inner?.selectionSet);
        if (found) return found;
      }
      return null;
    };
    return find(selectionSet);
  };
  return { document, operation, field, key: keyOf(field), below };
};

type Answer = Readonly<Record<string, unknown>>;

/** What an answer has under a key. */
export const under = (answer: unknown, key: string): unknown => (answer as Answer | null)?.[key];
