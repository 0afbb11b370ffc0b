// Documents made of the schema by chance: mostly ones that fit, with some values that do not.
import fc, { type GeneratorValue } from 'fast-check';
import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
} from 'graphql';

const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    '',
    'none',
    '*',
    '__proto__',
    'constructor',
    "'; DROP TABLE ApiKey; --",
    '%_',
    '../../etc/passwd',
    '\u0000',
    '‮',
    'x'.repeat(5_000),
  ),
);
const numbers = fc.constantFrom(
  -2_147_483_648,
  -1,
  0,
  1,
  2,
  50,
  100,
  101,
  1_000,
  1_001,
  2_147_483_647,
  2_147_483_648,
  1.5,
);
const moments = fc.constantFrom(
  '2026-01-01T00:00:00Z',
  '2027-06-01T00:00:00Z',
  'soon',
  '',
  '+275760-09-13T00:00:00.001Z',
);
const literal = (text: string): string => JSON.stringify(text);

const chance = (g: GeneratorValue, oneOf: number): boolean => g(fc.integer, { min: 1, max: oneOf }) === 1;
const pick = <T>(g: GeneratorValue, from: readonly T[]): T => {
  const found = from[g(fc.nat, { max: from.length - 1 })];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
};

const literalOf = (g: GeneratorValue, type: GraphQLInputType, depth: number): string => {
  if (isNonNullType(type)) return literalOf(g, type.ofType, depth);
  if (chance(g, 40)) return 'null';
  if (isListType(type))
    return `[${Array.from({ length: g(fc.nat, { max: 3 }) }, () => literalOf(g, type.ofType, depth)).join(', ')}]`;
  if (isEnumType(type)) return chance(g, 30) ? 'NOTHING' : pick(g, type.getValues()).name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(
      (field) => isRequiredInputField(field) || (depth < 4 && chance(g, 3)),
    );
    return `{ ${fields.map(({ name, type: of }) => `${name}: ${literalOf(g, of, depth + 1)}`).join(', ')} }`;
  }
  if (type.name === 'Int' || type.name === 'Float') return String(g(() => numbers));
  if (type.name === 'Boolean') return chance(g, 2) ? 'true' : 'false';
  if (type.name === 'DateTime') return literal(g(() => moments));
  return literal(g(() => texts));
};

/** How long a mutation waits is not left to chance. */
const inputOf = (g: GeneratorValue, type: GraphQLInputType): string =>
  literalOf(g, type, 0).replace(/waitSeconds: (?:[^,}]|\}(?=\S))*/g, 'waitSeconds: 0');

const fieldOf = (g: GeneratorValue, field: GraphQLField<unknown, unknown>, depth: number): string => {
  const given = field.args.filter((arg) => isRequiredArgument(arg) || chance(g, 3));
  const args = given.map(({ name, type }) => `${name}: ${inputOf(g, type)}`).join(', ');
  const type = getNamedType(field.type);
  const inside =
    isCompositeType(type) && !isUnionType(type)
      ? ` { ${selectionOf(g, type as GraphQLObjectType, depth + 1)} }`
      : '';
  return `${field.name}${args === '' ? '' : `(${args})`}${inside}`;
};

const selectionOf = (g: GeneratorValue, type: GraphQLObjectType, depth: number): string => {
  const all = Object.values(type.getFields());
  const fields = depth < 6 ? all : all.filter((field) => !isCompositeType(getNamedType(field.type)));
  if (fields.length === 0) return '__typename';
  const chosen = fields.filter(() => chance(g, Math.max(1, Math.ceil(fields.length / 3)))).slice(0, 6);
  return (chosen.length === 0 ? [pick(g, fields)] : chosen)
    .map((field) => fieldOf(g, field, depth))
    .join(' ');
};

export type RandomDocument = { kind: 'query' | 'mutation' | 'subscription'; query: string };

export const randomDocument = (
  schema: GraphQLSchema,
  g: GeneratorValue,
  kinds: readonly RandomDocument['kind'][],
): RandomDocument => {
  const kind = pick(g, kinds);
  const root = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }[kind];
  if (!isObjectType(root)) throw new Error(`no ${kind}`);
  const fields = Object.values(root.getFields());
  const some = kind === 'query' ? selectionOf(g, root, 0) : fieldOf(g, pick(g, fields), 0);
  return { kind, query: `${kind} { ${some} }` };
};
