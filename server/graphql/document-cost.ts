// What an operation may cost: lists in lists multiply, and some fields are read from an engine each time.
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
} from 'graphql';

/** Every field that is answered costs 1, or what `extensions.cost` says of it. */
export const mostCost = 200_000;
/** A list whose length nobody says. */
const usualLength = 10;
/** The longest page that any list gives; a longer one is refused where it is asked for. */
const longestPage = 1_000;

type Variables = Readonly<Record<string, unknown>>;
type Field = GraphQLField<unknown, unknown>;

const fieldOf = (schema: GraphQLSchema, type: GraphQLCompositeType, name: string): Field | undefined => {
  if (type === schema.getQueryType() && name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (type === schema.getQueryType() && name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isUnionType(type) ? undefined : type.getFields()[name];
};

/** `first` or `last` of a page; null: the field has no pages. */
const pageOf = (
  node: FieldNode,
  field: Field,
  operation: OperationDefinitionNode,
  variables: Variables,
): number | null => {
  const sizes = field.args.flatMap(({ name, defaultValue }) => {
    if (name !== 'first' && name !== 'last') return [];
    const given = node.arguments?.find((each) => each.name.value === name)?.value;
    if (given?.kind === Kind.INT) return [Number(given.value)];
    const variable = given?.kind === Kind.VARIABLE ? given.name.value : null;
    const value = variable === null ? undefined : variables[variable];
    if (typeof value === 'number') return [value];
    const otherwise = operation.variableDefinitions?.find(
      (each) => each.variable.name.value === variable,
    )?.defaultValue;
    if (otherwise?.kind === Kind.INT) return [Number(otherwise.value)];
    return [typeof defaultValue === 'number' ? defaultValue : 50];
  });
  return sizes.length === 0 ? null : Math.min(longestPage, Math.max(1, ...sizes));
};

/** Of an operation of a document that is valid and within its limits. */
export const costOf = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): number => {
  /** @param page length of the lists in this selection, when it is that of a page. */
  const walk = (set: SelectionSetNode, type: GraphQLCompositeType, page: number | null): number => {
    let cost = 0;
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition && schema.getType(selection.typeCondition.name.value);
        cost += walk(selection.selectionSet, isCompositeType(on) ? on : type, page);
      } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = document.definitions.find(
          (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
        );
        if (fragment?.kind !== Kind.FRAGMENT_DEFINITION) continue;
        const on = schema.getType(fragment.typeCondition.name.value);
        cost += walk(fragment.selectionSet, isCompositeType(on) ? on : type, page);
      } else cost += costOfField(selection, type, page);
    }
    return cost;
  };

  const costOfField = (node: FieldNode, parent: GraphQLCompositeType, page: number | null): number => {
    const field = fieldOf(schema, parent, node.name.value);
    const own = typeof field?.extensions.cost === 'number' ? field.extensions.cost : 1;
    const type = field && getNamedType(field.type);
    if (!field || !node.selectionSet || !isCompositeType(type)) return own;
    const asked = pageOf(node, field, operation, variables);
    const isList = isListType(getNullableType(field.type));
    // `nodes(first: 100)` is no list itself: the page's length is that of the list inside, `edges`.
    const times = isList ? (asked ?? page ?? usualLength) : 1;
    return own + times * walk(node.selectionSet, type, isList ? null : asked);
  };

  const root = schema.getRootType(operation.operation);
  return root ? walk(operation.selectionSet, root, null) : 0;
};
