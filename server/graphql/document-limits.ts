// How big a document may be: generous for what people write, out of reach for what is written to hurt.
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** All but `tokens`, `nesting` and `errors` are of an operation with its fragments written out. */
export const documentLimits = {
  tokens: 2_000,
  /** Brackets of any kind inside one another. */
  nesting: 40,
  /** Fields inside one another; `ofType` of an introspection does not count. */
  depth: 12,
  aliases: 30,
  directives: 20,
  fields: 500,
  rootFields: 20,
  /** So many of a document's errors are told. */
  errors: 3,
} as const;

type Size = Record<'depth' | 'aliases' | 'directives' | 'fields' | 'rootFields', number>;
const nothing: Size = { depth: 0, aliases: 0, directives: 0, fields: 0, rootFields: 0 };
const words = {
  depth: 'levels of fields',
  aliases: 'aliases',
  directives: 'directives',
  fields: 'fields',
  rootFields: 'root fields',
} as const;
const names = ['depth', 'aliases', 'directives', 'fields', 'rootFields'] as const;

/** A fragment is measured once, however often it is spread: written out, it can be endless. */
const createSizeOf = (fragments: ReadonlyMap<string, FragmentDefinitionNode>) => {
  const known = new Map<string, Size>();

  const sizeOfFragment = (name: string): Size => {
    const found = known.get(name);
    if (found) return found;
    const fragment = fragments.get(name);
    // While it is measured, and where there is none: a circle and a gap are for the validation to tell.
    known.set(name, nothing);
    if (!fragment) return nothing;
    const size = sizeOf(fragment.selectionSet, fragment.directives?.length ?? 0);
    known.set(name, size);
    return size;
  };

  const sizeOf = ({ selections }: SelectionSetNode, ownDirectives: number): Size => {
    const total = { ...nothing, directives: ownDirectives };
    for (const selection of selections) {
      const given = selection.directives?.length ?? 0;
      if (selection.kind === Kind.FIELD) {
        const inner = selection.selectionSet ? sizeOf(selection.selectionSet, given) : nothing;
        const counts = selection.name.value === 'ofType' ? 0 : 1;
        total.depth = Math.max(total.depth, inner.depth + counts);
        total.aliases += inner.aliases + (selection.alias ? 1 : 0);
        total.directives += selection.selectionSet ? inner.directives : given;
        total.fields += inner.fields + 1;
        total.rootFields += 1;
      } else {
        const inner =
          selection.kind === Kind.INLINE_FRAGMENT
            ? sizeOf(selection.selectionSet, 0)
            : sizeOfFragment(selection.name.value);
        total.depth = Math.max(total.depth, inner.depth);
        total.aliases += inner.aliases;
        total.directives += inner.directives + given;
        total.fields += inner.fields;
        total.rootFields += inner.rootFields;
      }
    }
    return total;
  };
  return sizeOf;
};

/** What of a document is too much. */
export const measure = ({ definitions }: DocumentNode): GraphQLError[] => {
  const fragments = new Map(
    definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [],
    ),
  );
  const sizeOf = createSizeOf(fragments);
  return definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return [];
    const size = sizeOf(definition.selectionSet, definition.directives?.length ?? 0);
    return names
      .filter((name) => size[name] > documentLimits[name])
      .map(
        (name) =>
          new GraphQLError(`the document has more than ${documentLimits[name]} ${words[name]}`, {
            nodes: definition,
            extensions: { code: 'BAD_USER_INPUT' },
          }),
      );
  });
};
