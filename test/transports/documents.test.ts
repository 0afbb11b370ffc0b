// What a document may be, over both transports: big enough for people, too small to hurt.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../../lab/processes.ts';
import { ways } from './ways.ts';

const dir = mkdtempSync(join(tmpdir(), 'skep-'));
let server: ServerProcess;

beforeAll(async () => {
  server = await startServer({ dir });
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

const times = (count: number, text: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => text(n)).join(' ');
/** `depth` fields inside one another, without a long list. */
const deep = (depth: number): string => {
  const levels = [
    'hosts(first: 1)',
    'edges',
    'node',
    'node',
    'host',
    'node',
    'host',
    'node',
    'host',
    'node',
    'host',
    'node',
    'host',
  ];
  const path = levels.slice(0, depth - 1);
  return `{ ${path.join(' { ')} { __typename ${'} '.repeat(path.length)} }`;
};
const everything = `id hostname role observedRole availability version stale engineVersion joinedAt updatedAt
  managerStatus { leader reachability address } status { state message address } labels { key value } engineLabels { key value }
  platform { os architecture } resources { cpus memoryBytes } plugins { type name }
  tlsInfo { trustRoot certIssuerSubject certIssuerPublicKey }
  host { id name status lastSeenAt agentVersion addresses { address } } cluster { id name state }`;

const tooMuch: { of: string; query: string; says: RegExp }[] = [
  { of: '8,000 levels', query: `${'{ a '.repeat(8_000)}${'}'.repeat(8_000)}`, says: /nests brackets/ },
  {
    of: 'a list of 8,000 levels',
    query: `{ nodes(filter: { ids: ${'['.repeat(8_000)}${']'.repeat(8_000)} }) { totalCount } }`,
    says: /nests brackets/,
  },
  {
    of: '41 brackets',
    query: `{ a(x: ${'['.repeat(39)}${']'.repeat(39)}) }`
      .replace('a(', 'nodes(filter: {ids: ')
      .replace(') }', '}) { totalCount } }'),
    says: /nests brackets/,
  },
  { of: '2,001 tokens', query: `{ ${times(1_999, () => 'viewer')} }`, says: /2000 tokens/ },
  { of: '10,000 aliases', query: `{ ${times(10_000, (n) => `a${n}: __typename`)} }`, says: /tokens/ },
  { of: '31 aliases', query: `{ viewer { ${times(31, (n) => `a${n}: id`)} } }`, says: /30 aliases/ },
  {
    of: '31 aliases in a fragment spread twice',
    query: `{ viewer { ...f ...f } } fragment f on Viewer { ${times(16, (n) => `a${n}: id`)} }`,
    says: /30 aliases/,
  },
  { of: '21 root fields', query: `{ ${times(21, () => '__typename')} }`, says: /20 root fields/ },
  {
    of: '501 fields, all the same one',
    query: `{ viewer { ${times(501, () => 'id')} } }`,
    says: /500 fields/,
  },
  {
    of: '2^20 fields by fragments',
    query: `{ viewer { ...f0 } } ${times(20, (n) => `fragment f${n} on Viewer { ...f${n + 1} ...f${n + 1} }`)} fragment f20 on Viewer { id }`,
    says: /500 fields/,
  },
  {
    of: '21 directives',
    query: `{ viewer { id ${times(21, () => '@include(if: true)')} } }`,
    says: /20 directives/,
  },
  {
    of: '21 unknown directives',
    query: `query ${times(21, () => '@aa')} { __typename }`,
    says: /20 directives/,
  },
  { of: '13 levels', query: deep(13), says: /12 levels/ },
  {
    of: 'introspection in a circle',
    query: `{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }`,
    says: /introspection depth/i,
  },
  {
    of: '1,000 nodes with their tasks, each read from an engine',
    query: '{ nodes(first: 1000) { edges { node { tasks { id } } } } }',
    says: /could cost/,
  },
  {
    of: 'the same by a variable',
    query: 'query($n: Int!) { nodes(first: $n) { edges { node { tasks { id } } } } }',
    says: /could cost/,
  },
  {
    of: 'the same by a variable’s default',
    query:
      'query($m: Int = 1000) { nodes(first: $m) { edges { node { ...n } } } } fragment n on Node { tasks { id } }',
    says: /could cost/,
  },
  {
    of: '1,000 nodes of each of 1,000 nodes’ clusters',
    query:
      '{ nodes(first: 1000) { edges { node { cluster { nodes(first: 1000) { edges { node { id } } } } } } } }',
    says: /could cost/,
  },
  {
    of: 'the history of 1,000 nodes',
    query: '{ nodes(first: 1000) { edges { node { history(first: 100) { seq } } } } }',
    says: /could cost/,
  },
  {
    of: 'the whole history checked five times',
    query: `{ ${times(5, (n) => `v${n}: verifyAudit { ok }`)} }`,
    says: /could cost/,
  },
  {
    of: 'two mutations',
    query: 'mutation { a: createEnrolment(input: {}) { secret } b: createEnrolment(input: {}) { secret } }',
    says: /one mutation field/,
  },
  {
    of: 'a fragment in itself',
    query: '{ viewer { ...f } } fragment f on Viewer { id ...f }',
    says: /fragment/,
  },
];

const enough: { of: string; query: string }[] = [
  {
    of: 'introspection, as every tool asks for it',
    query: getIntrospectionQuery({
      descriptions: true,
      inputValueDeprecation: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
    }),
  },
  {
    of: 'all there is of 1,000 nodes',
    query: `{ nodes(first: 1000) { totalCount eventCursor pageInfo { endCursor hasNextPage } edges { cursor node { ${everything} } } } }`,
  },
  {
    of: 'the tasks of 200 nodes',
    query: '{ nodes(first: 200) { edges { node { id tasks { id state desiredState image } } } } }',
  },
  {
    of: 'the nodes of all clusters',
    query: `{ clusters { id name counts { nodes ready } quorum { tolerates advice } nodes { edges { node { ${everything} } } } } }`,
  },
  { of: '12 levels', query: deep(12) },
  { of: '30 aliases', query: `{ viewer { ${times(30, (n) => `a${n}: id`)} } }` },
  {
    of: 'brackets in texts and comments',
    query: `{ nodes(filter: { text: "${'('.repeat(100)}" }) { totalCount } } # ${'{'.repeat(100)}`,
  },
  {
    of: 'a text in a block',
    query: `{ nodes(filter: { text: """${'{'.repeat(100)} \\""" "{" """ }) { totalCount } }`,
  },
];

describe.each(ways)('over $way', ({ ask }) => {
  it.each(tooMuch)('$of: refused', async ({ query, says }) => {
    const { codes, messages, data } = await ask(server, query, query.includes('$n') ? { n: 1_000 } : {});
    expect(new Set(codes)).toEqual(new Set(['BAD_USER_INPUT']));
    expect(messages.join('\n')).toMatch(says);
    expect(data ?? null).toBeNull();
  });

  it.each(enough)('$of: answered', async ({ query }) => {
    const { codes, messages } = await ask(server, query);
    expect(messages).toEqual([]);
    expect(codes).toEqual([]);
  });

  it('a page’s size is judged by the field that has it', async () => {
    for (const n of [0, 1_001, 2_000_000_000]) {
      const query = 'query($n: Int!) { nodes(first: $n) { totalCount } }';
      const { messages } = await ask(server, query, { n });
      expect(messages).toEqual([`first is ${n}; it lies between 1 and 1000`]);
    }
  });

  it('a wrong name is not answered with the right ones', async () => {
    for (const query of [
      '{ viewr { id } }',
      '{ viewer { idd } }',
      '{ nodes(filtre: {}) { totalCount } }',
      '{ node(ref: "x") { ... on Nod { id } } }',
      '{ nodes(filter: { role: [MANAGR] }) { totalCount } }',
      'query($f: NodeFiltr) { nodes(filter: $f) { totalCount } }',
    ]) {
      const { text, codes } = await ask(server, query);
      expect(text).not.toMatch(/did you mean/i);
      expect(new Set(codes)).toEqual(new Set(['BAD_USER_INPUT']));
    }
    const { messages } = await ask(server, 'query($f: NodeFilter) { nodes(filter: $f) { totalCount } }', {
      f: { role: ['MANAGR'], text: 'canary-77' },
    });
    expect(messages).toEqual([
      'Variable "$f" got an invalid value at "f.role[0]": Value "MANAGR" does not exist in "NodeRole" enum.',
    ]);
  });

  it('of many errors three are told, none longer than 500 characters', async () => {
    const { codes } = await ask(server, '{ a b c d e f g h }');
    expect(codes).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT']);
    const { messages } = await ask(server, `{ ${'x'.repeat(100_000)} }`);
    expect(messages[0]?.length).toBeLessThanOrEqual(501);
  });
});

/** What we tell people to send must be taken: each document of the README and of docs/. */
describe('the documents that we show', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const files = [
    'README.md',
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
  ];
  const shown = files
    .filter((name) => /\.(md|mjs)$/.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(root, name), 'utf8');
      return [...text.matchAll(/^```graphql\n(.*?)^```$/gms)].map(([, query = '']) => ({ name, query }));
    });

  it.each(ways)('are within the limits, over $way', async ({ ask }) => {
    expect(shown.length).toBeGreaterThan(0);
    // A subscription waits for an event and a mutation needs variables: their limits are those of what they select.
    for (const { name, query } of shown.filter(
      ({ query: text }) => !/^\s*(subscription|mutation)/.test(text),
    )) {
      const { messages } = await ask(server, query);
      expect({ name, messages: messages.filter((text) => /the document/.test(text)) }).toEqual({
        name,
        messages: [],
      });
    }
  });
});
