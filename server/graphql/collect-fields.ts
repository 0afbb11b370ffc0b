// The fields that selections have for a type of objects, merged by their keys in the order in which they stand.
// https://spec.graphql.org/October2021/#CollectFields()
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  type InlineFragmentNode,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';

export type Fields = ReadonlyMap<string, readonly FieldNode[]>;

export type CollectFields = (type: GraphQLObjectType, sets: readonly SelectionSetNode[]) => Fields;

/** @param variables coerced: those of @include and @skip count. */
export const createCollectFields = ({
  schema,
  fragments,
  variables,
}: {
  schema: GraphQLSchema;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  variables: { readonly [name: string]: unknown };
}): CollectFields => {
  const isLeftOut = (node: SelectionNode): boolean =>
    getDirectiveValues(GraphQLSkipDirective, node, variables)?.if === true ||
    getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if === false;

  const applies = (
    { typeCondition }: FragmentDefinitionNode | InlineFragmentNode,
    type: GraphQLObjectType,
  ): boolean => {
    if (!typeCondition) return true;
    const on = typeFromAST(schema, typeCondition);
    return on === type || (isAbstractType(on) && schema.isSubType(on, type));
  };

  return (type, sets) => {
    const fields = new Map<string, FieldNode[]>();
    const spread = new Set<string>();
    const fragmentOf = ({ name }: FragmentSpreadNode): FragmentDefinitionNode | undefined => {
      if (spread.has(name.value)) return undefined;
      spread.add(name.value);
      return fragments.get(name.value);
    };
    const take = ({ selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        if (isLeftOut(selection)) continue;
        if (selection.kind === Kind.FIELD) {
          const key = (selection.alias ?? selection.name).value;
          const same = fields.get(key);
          if (same) same.push(selection);
          else fields.set(key, [selection]);
          continue;
        }
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentOf(selection);
        if (fragment && applies(fragment, type)) take(fragment.selectionSet);
      }
    };
    for (const set of sets) take(set);
    return fields;
  };
};
