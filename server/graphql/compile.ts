// A query of the projection, compiled to closures that write the JSON of its answer. No text becomes code: what is put
// together are functions of this file and the resolvers of the schema, which graphql itself would call.
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  TypeNameMetaFieldDef,
} from 'graphql';
import type { Permission } from '../access/permissions.ts';
import type { Context } from '../context.ts';
import { createCollectFields, type Fields } from './collect-fields.ts';
import { dependencyOf, permissionOf } from './projection.ts';
import type { Texts } from './texts.ts';

type Variables = { readonly [name: string]: unknown };
type Run = { context: Context; variables: Variables };
type Write = (value: unknown, run: Run) => string;
/** `alone`: its text depends on the object alone. */
type Writer = { write: Write; alone: boolean };

export type Compiled = {
  /** What the root fields need; who lacks one is refused by graphql's own execution. */
  permissions: readonly Permission[];
  /** The answer depends on where the events stand, too. */
  ofEvents: boolean;
  /** In one go, so that all of it is of one version. @returns null: something is not to be told in this way. */
  write(context: Context, variables: Variables): string | null;
};

const noArgs: Variables = Object.freeze({});
const noInfo = undefined as unknown as GraphQLResolveInfo;

/** Thrown where graphql has to look itself: an error, a promise, a null that must not be. Nobody sees it. */
const leave = new Error('for graphql’s own execution');
const stop = (): never => {
  throw leave;
};
/** While compiling: something that is not of the projection. */
const notHeld = new Error('not of the projection');

const isObject = (value: unknown): value is object => value !== null && typeof value === 'object';
const isPromise = (value: object): boolean => 'then' in value;

/** https://spec.graphql.org/October2021/#sec-Value-Completion */
const orNull =
  (write: Write): Write =>
  (value, run) =>
    value === null || value === undefined ? 'null' : write(value, run);
const neverNull =
  (write: Write): Write =>
  (value, run) =>
    value === null || value === undefined ? stop() : write(value, run);

/** As `Date.toISOString` writes it, and so as it is told. */
const inMilliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What JSON holds as it stands, as most texts are: no control characters, quotes, backslashes or surrogates. */
const plain = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;
const quoted = (text: string): string =>
  text.length < 1_000 && plain.test(text) ? `"${text}"` : JSON.stringify(text);

const writeLeaf = (type: GraphQLLeafType): Write => {
  const serialized: Write = (value) => {
    if (value instanceof Error || (isObject(value) && isPromise(value))) stop();
    const result = type.serialize(value);
    return result === null || result === undefined ? stop() : (JSON.stringify(result) ?? stop());
  };
  if (isEnumType(type)) {
    const texts = new Map(
      type.getValues().map(({ name, value }) => [value as unknown, JSON.stringify(name)]),
    );
    return (value, run) => texts.get(value) ?? serialized(value, run);
  }
  if (type.name === 'String' || type.name === 'ID')
    return (value, run) => (typeof value === 'string' ? quoted(value) : serialized(value, run));
  if (type.name === 'DateTime')
    return (value, run) =>
      typeof value === 'string' && inMilliseconds.test(value) ? `"${value}"` : serialized(value, run);
  if (type.name === 'Int')
    return (value, run) =>
      typeof value === 'number' && value === (value | 0) ? `${value}` : serialized(value, run);
  if (type.name === 'Float')
    return (value, run) =>
      typeof value === 'number' && Number.isFinite(value) ? `${value}` : serialized(value, run);
  if (type.name === 'Boolean')
    return (value, run) => (typeof value === 'boolean' ? `${value}` : serialized(value, run));
  return serialized;
};

const writeList =
  (write: Write): Write =>
  (value, run) => {
    if (!Array.isArray(value)) return stop();
    let text = '';
    for (let index = 0; index < value.length; index += 1)
      text += index === 0 ? write(value[index], run) : `,${write(value[index], run)}`;
    return `[${text}]`;
  };

/** Null: the query is none of the projection. `variables`: those of @include and @skip have the values that they have here. */
export const compile = ({
  schema,
  document,
  operation,
  variables,
  texts,
}: {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Variables;
  texts: Texts;
}): Compiled | null => {
  const fragments = new Map<string, FragmentDefinitionNode>(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );
  const collectFields = createCollectFields({ schema, fragments, variables });
  const permissions = new Set<Permission>();
  let ofEvents = false;

  const infoOf = (
    parentType: GraphQLObjectType,
    { name, type }: GraphQLField<unknown, unknown>,
    fieldNodes: readonly FieldNode[],
    key: string,
    { variables: variableValues }: Run,
  ): GraphQLResolveInfo => ({
    fieldName: name,
    fieldNodes,
    returnType: type,
    parentType,
    path: { prev: undefined, key, typename: parentType.name },
    schema,
    fragments: Object.fromEntries(fragments),
    rootValue: undefined,
    operation,
    variableValues,
  });

  const completed = (type: GraphQLOutputType, nodes: readonly FieldNode[]): Writer => {
    if (isNonNullType(type)) {
      const inner = completedOrNot(type.ofType, nodes);
      return { ...inner, write: neverNull(inner.write) };
    }
    const inner = completedOrNot(type, nodes);
    return { ...inner, write: orNull(inner.write) };
  };
  const completedOrNot = (type: GraphQLOutputType, nodes: readonly FieldNode[]): Writer => {
    if (isListType(type)) {
      const { write, alone } = completed(type.ofType, nodes);
      return { write: writeList(write), alone };
    }
    if (isLeafType(type)) return { write: writeLeaf(type), alone: true };
    if (!isObjectType(type) || type.isTypeOf) throw notHeld;
    return writeObject(
      type,
      collectFields(
        type,
        nodes.flatMap(({ selectionSet }) => selectionSet ?? []),
      ),
      false,
    );
  };

  const writeField = (
    type: GraphQLObjectType,
    key: string,
    nodes: readonly FieldNode[],
    isRoot: boolean,
  ): Writer => {
    const [node] = nodes;
    if (!node) throw notHeld;
    if (node.name.value === TypeNameMetaFieldDef.name) {
      const text = JSON.stringify(type.name);
      return { write: () => text, alone: true };
    }
    const field = type.getFields()[node.name.value];
    const dependency = field && dependencyOf(type, field);
    if (!field || !dependency) throw notHeld;
    const permission = permissionOf(field);
    // Whether a field further in is refused is for graphql to tell, with its path.
    if (permission === 'unknown' || (permission !== null) !== isRoot) throw notHeld;
    if (permission) permissions.add(permission);
    if (dependency === 'events') ofEvents = true;
    const { write, alone } = completed(field.type, nodes);
    const { resolve, name, args } = field;
    const isAlone = alone && dependency === 'itself' && args.length === 0;
    if (!resolve)
      return {
        write: (source, run) => {
          const value = (source as Variables)[name];
          return typeof value === 'function' ? stop() : write(value, run);
        },
        alone: isAlone,
      };
    if (args.length === 0 && !isRoot)
      return {
        // No resolver of the projection looks at its info; one that did would be left to graphql.
        write: (source, run) => write(resolve(source, noArgs, run.context, noInfo), run),
        alone: isAlone,
      };
    const argsOf = (run: Run): Variables =>
      args.length === 0 ? noArgs : getArgumentValues(field, node, run.variables);
    const info = (run: Run) => (isRoot ? infoOf(type, field, nodes, key, run) : noInfo);
    return {
      write: (source, run) => write(resolve(source, argsOf(run), run.context, info(run)), run),
      alone: isAlone,
    };
  };

  const writeObject = (type: GraphQLObjectType, fields: Fields, isRoot: boolean): Writer => {
    const written = [...fields].map(([key, nodes], index) => ({
      before: `${index === 0 ? '{' : ','}${JSON.stringify(key)}:`,
      ...writeField(type, key, nodes, isRoot),
    }));
    const alone = written.every((each) => each.alone);
    const all = (value: object | undefined, run: Run): string => {
      let text = '';
      for (const { before, write } of written) text += before + write(value, run);
      return `${text}}`;
    };
    if (written.length === 0) return { write: () => '{}', alone };
    if (isRoot) return { write: (_, run) => all(undefined, run), alone };
    const ofObject = alone && type.extensions.immutable === true ? texts.once(all) : all;
    return {
      write: (value, run) =>
        !isObject(value) || value instanceof Error || isPromise(value) ? stop() : ofObject(value, run),
      alone,
    };
  };

  const root = schema.getQueryType();
  if (!root || operation.operation !== OperationTypeNode.QUERY) return null;
  try {
    const fields = collectFields(root, [operation.selectionSet]);
    const { write } = writeObject(root, fields, true);
    return {
      permissions: [...permissions],
      ofEvents,
      write: (context, values) => {
        try {
          return write(undefined, { context, variables: values });
        } catch {
          // Whatever it was: graphql meets it again, and tells it with its path.
          return null;
        }
      },
    };
  } catch (error) {
    if (error === notHeld) return null;
    throw error;
  }
};
