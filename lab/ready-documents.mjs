// One ready document for each root field of schema.graphql, for the client package: what most callers want to know of it.
import {
  getNamedType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  parse,
} from 'graphql';

/** Of live reads, or as long as a history: who wants it writes a document. */
const leftOut = new Set(['Node.tasks', 'Node.tlsInfo', 'Cluster.cleanup']);
/** By which a thing that is only pointed to is known. */
const names = ['id', 'name', 'hostname', 'action', 'state'];
const deepest = 6;

const isList = (type) => isListType(isNonNullType(type) ? type.ofType : type);
const fieldsOf = (type) => Object.values(type.getFields());

/** Things that the contract has a question for: nodes, hosts, operations … Each has its parts as a fragment. */
const thingsOf = (schema) => {
  const things = new Set();
  for (const { type } of fieldsOf(schema.getQueryType())) {
    const given = getNamedType(type);
    if (!isObjectType(given)) continue;
    const { edges, node } = given.getFields();
    const item = edges && getNamedType(getNamedType(edges.type).getFields().node.type);
    if (item) things.add(item);
    else if (!node && isNonNullType(given.getFields().id?.type)) things.add(given);
  }
  return things;
};

const createSelect = (things) => {
  const used = new Set();
  const partsOf = (type) => {
    used.add(type);
    return `{ ...${type.name}Parts }`;
  };
  const pointer = (type) => {
    const known = names.filter((name) => isLeafType(getNamedType(type.getFields()[name]?.type)));
    return `{ ${known.join(' ')} }`;
  };

  /** @param subject whether a thing below is what is told, and not only pointed to */
  const select = (type, subject, depth) => {
    const selected = fieldsOf(type).flatMap((field) => {
      const below = getNamedType(field.type);
      if (field.args.length > 0 || field.deprecationReason || leftOut.has(`${type.name}.${field.name}`))
        return [];
      if (isLeafType(below)) return [field.name];
      if (!isObjectType(below) || depth > deepest) return [];
      if (subject(field, below)) return [`${field.name} ${partsOf(below)}`];
      if (things.has(below)) return isList(field.type) ? [] : [`${field.name} ${pointer(below)}`];
      const inner = select(below, subject, depth + 1);
      return inner === null ? [] : [`${field.name} ${inner}`];
    });
    return selected.length === 0 ? null : `{ ${selected.join(' ')} }`;
  };

  const isSubjectOf = (root) => (field, below) =>
    things.has(below) &&
    !isList(field.type) &&
    // An event points to the operation that it is of; one of an operation tells it.
    (below.name !== 'Operation' || !root.name.endsWith('Event') || root.name === 'OperationEvent');

  return {
    ofRoot: (type) => (things.has(type) ? partsOf(type) : select(type, isSubjectOf(type), 1)),
    fragmentOf: (type) => `fragment ${type.name}Parts on ${type.name} ${select(type, () => false, 1)}`,
    used,
  };
};

/**
 * @param schema as graphql built it
 * @returns each root field with its document and the names of the fragments in it; and the fragments by name
 */
export const readyDocuments = (schema) => {
  const things = thingsOf(schema);
  const fragments = new Map();
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ];
  const documents = roots.flatMap(([kind, root]) =>
    fieldsOf(root).map((field) => {
      const select = createSelect(things);
      const given = getNamedType(field.type);
      const selection = isObjectType(given) ? ` ${select.ofRoot(given)}` : '';
      const variables = field.args.map(({ name, type }) => `$${name}: ${type}`).join(', ');
      const args = field.args.map(({ name }) => `${name}: $${name}`).join(', ');
      const title = `${field.name[0].toUpperCase()}${field.name.slice(1)}`;
      for (const type of select.used) fragments.set(`${type.name}Parts`, select.fragmentOf(type));
      return {
        kind,
        field: field.name,
        title,
        description: field.description ?? '',
        isOptional: !field.args.some(isRequiredArgument),
        fragments: [...select.used].map(({ name }) => `${name}Parts`),
        text: `${kind} ${title}${variables && `(${variables})`} { ${field.name}${args && `(${args})`}${selection} }`,
      };
    }),
  );
  return { documents, fragments };
};

/** For the generator of types. */
export const parsedReady = ({ documents, fragments }) =>
  [...fragments.values(), ...documents.map(({ text }) => text)].map((text, index) => ({
    location: `ready ${index}`,
    document: parse(text),
  }));

const commented = (text) => `/** ${text.replaceAll('*/', '* /').replaceAll('\n', ' ')} */`;
const constOf = (name) => `${name[0].toLowerCase()}${name.slice(1)}`;
const kinds = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' };

/** The documents as values; types of the same names stand beside them. */
export const printReady = ({ documents, fragments }) =>
  [
    ...[...fragments].map(([name, text]) => `const ${constOf(name)} = ${JSON.stringify(`\n${text}`)};`),
    ...documents.map(({ kind, field, title, description, text, fragments: used }) => {
      const type = `${title}${kinds[kind]}`;
      const parts = used.map((name) => ` + ${constOf(name)}`).join('');
      return `${commented(description)}\nexport const ${field} = /* @__PURE__ */ ready<${type}, ${type}Variables>(${JSON.stringify(text)}${parts});`;
    }),
    '',
  ].join('\n');
