// Documents made by chance of what the lane holds, compiled, against graphql's own execution of the same schema.
import fc from 'fast-check';
import {
  executeSync,
  type GraphQLOutputType,
  getNamedType,
  getOperationAST,
  isLeafType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../server/clusters/cluster.ts';
import type { Context } from '../../server/context.ts';
import { createPlans } from '../../server/graphql/plans.ts';
import { dependencyOf } from '../../server/graphql/projection.ts';
import { schema } from '../../server/graphql/schema.ts';
import { createSortedNodes } from '../../server/nodes/list.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('"', '\\', '\u2028', '\ud800', '\u0000', '😀', ''),
);
const seen = fc.record({
  hostname: fc.constantFrom('a', 'b', 'ä', '"'),
  role: fc.constantFrom('MANAGER', 'WORKER'),
  observedRole: fc.constantFrom('MANAGER', 'WORKER'),
  managerStatus: fc.option(
    fc.record({ leader: fc.boolean(), reachability: fc.constantFrom('REACHABLE', 'UNKNOWN'), address: text }),
  ),
  availability: fc.constantFrom('ACTIVE', 'PAUSE', 'DRAIN'),
  status: fc.record({ state: fc.constantFrom('READY', 'DOWN'), message: text, address: text }),
  labels: fc.dictionary(text, text, { maxKeys: 3 }),
  engineLabels: fc.dictionary(text, text, { maxKeys: 1 }),
  platform: fc.record({ os: text, architecture: text }),
  resources: fc.record({
    cpus: fc.constantFrom(0, -0, 0.5, 1e21, 1e-7),
    memoryBytes: fc.constantFrom(0, 2 ** 40),
  }),
  engineVersion: text,
  plugins: fc.array(fc.record({ type: text, name: text }), { maxLength: 2 }),
  tlsInfo: fc.option(fc.record({ trustRoot: text, certIssuerSubject: text, certIssuerPublicKey: text })),
  joinedAt: fc.constantFrom('2026-01-02T03:04:05.678901234Z', '2026-01-02T03:04:05Z'),
  updatedAt: fc.constantFrom('2026-01-02T03:04:05.000000001Z'),
  downSince: fc.constantFrom(null, '2026-01-02T03:04:05Z'),
  // Beyond 32 bits: a field that cannot be told is for graphql to tell.
  version: fc.constantFrom(1, 7, 2 ** 31),
});

/** A projection made by hand. */
const contextOf = (nodes: readonly object[]): Context => {
  const clusters = ['one', 'two'].map((id, index) => ({
    id,
    name: `c${index}`,
    adoptedAt: index ? null : new Date(0),
    createdAt: new Date(1),
    dissolvedAt: null,
    swarm: index ? { spec: { Raft: { SnapshotInterval: 7 }, Name: '"' }, caDigest: 'd' } : null,
    split: null,
    trouble: index ? null : { code: 'CLUSTER_UNREACHABLE' },
    formerManagers: [],
    nodes: new Map(
      nodes.flatMap((node, at) => (at % 2 === index ? [[`n${at}`, { ...node, id: `n${at}` }]] : [])),
    ),
  })) as unknown as Cluster[];
  return {
    clusters: {
      list: () => clusters,
      find: (id: string) => clusters.find((each) => each.id === id) ?? null,
    },
    holders: { authorise: () => true },
    requester: { actor: { kind: 'API_KEY', id: 'k', name: 'k' } },
    scopeOf: () => null,
    events: { head: () => 'head' },
    sortedNodes: createSortedNodes(),
  } as unknown as Context;
};

const argsOf: Readonly<Record<string, readonly string[]>> = {
  'Query.nodes': [
    '',
    '(first: $first)',
    '(first: 2, orderBy: { field: ROLE, direction: DESC })',
    '(first: 0)',
  ],
  'Cluster.nodes': ['', '(first: 1)', '(filter: { role: MANAGER })'],
  'Query.cluster': ['(id: "one")', '(id: "none")'],
};
const directives = ['', '', '', ' @include(if: $yes)', ' @skip(if: $yes)', ' @include(if: true)'];

/** A selection of held fields; in parts it is selected twice, by an alias, in a fragment, or by a variable. */
const selection = (type: GraphQLOutputType, depth: number): fc.Arbitrary<string> => {
  const named = getNamedType(type);
  if (isLeafType(named)) return fc.constant('');
  if (!isObjectType(named)) throw new Error(`${named.name} is held`);
  const fields = Object.values(named.getFields()).filter(
    (field) =>
      dependencyOf(named, field) !== null &&
      `${named.name}.${field.name}` !== 'Query.node' &&
      (depth > 0 || isLeafType(getNamedType(field.type))),
  );
  const one = fc.constantFrom(...fields).chain((field) => {
    const choices = argsOf[`${named.name}.${field.name}`] ?? [''];
    return fc
      .tuple(
        fc.nat(choices.length - 1),
        fc.constantFrom(...directives),
        selection(field.type, depth - 1),
        fc.boolean(),
      )
      .map(([choice, directive, inner, renamed]) => {
        // Fields with other arguments do not merge: they have other names.
        const alias = choice > 0 || renamed ? `${field.name}${choice}: ` : '';
        return `${alias}${field.name}${choices[choice]}${directive}${inner}`;
      });
  });
  const some = fc.array(one, { minLength: 1, maxLength: 4 }).map((list) => list.join(' '));
  return fc
    .tuple(some, fc.option(some), fc.constantFrom(...directives), fc.constantFrom('', ' __typename'))
    .map(([own, more, directive, typename]) =>
      [` { ${own}${typename}`, more && `... on ${named.name}${directive} { ${more} }`, '}'].join(' '),
    );
};
const query = schema.getQueryType();
if (!query) throw new Error('no query type');

describe('a compiled query', () => {
  it('answers what graphql does, or leaves it to graphql', () => {
    const planOf = createPlans(schema);
    const told = { same: 0, left: 0 };
    fc.assert(
      fc.property(
        fc.array(seen, { maxLength: 5 }),
        selection(query, 4),
        fc.boolean(),
        fc.integer({ min: 1, max: 3 }),
        (nodes, body, yes, first) => {
          const document = parse(`query($yes: Boolean = true, $first: Int) ${body}`);
          // Unused variables and fields that do not merge.
          if (validate(schema, document).some(({ message }) => !message.includes('is never used'))) return;
          const operation = getOperationAST(document);
          if (!operation) throw new Error('no operation');
          const contextValue = contextOf(nodes);
          const variables = { yes, first };
          const plan = planOf(document, operation, variables);
          if (!plan) throw new Error('it is not held');
          const { data, errors } = executeSync({ schema, document, contextValue, variableValues: variables });
          // Twice: the second time some of it is kept.
          for (let turn = 0; turn < 2; turn += 1) {
            const written = plan.write(contextValue, plan.variables);
            if (errors) expect(written).toBeNull();
            else expect(written).toBe(JSON.stringify(data));
          }
          told[errors ? 'left' : 'same'] += 1;
        },
      ),
      { numRuns: 200 },
    );
    expect(told.same).toBeGreaterThan(50);
    expect(told.left).toBeGreaterThan(1);
  });
});
