// The changelog is whole: each change of the contracts and each migration since the last release is named in it, and
// what breaks is marked. What is missing is printed as lines to be put there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  buildSchema,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { type ContractChange, contractChanges } from '../server/graphql/contract-changes.ts';
import { aboutRelease, releases } from './support/releases.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const contracts = ['schema.graphql', 'agent.graphql'] as const;

const changelog = read('CHANGELOG.md');
/** Versions from the newest on, with what stands below each. */
const sections = [...changelog.matchAll(/^## \[(.+?)\](?: - (\S+))?\n(.*?)(?=^## \[|^\[|(?![\s\S]))/gms)].map(
  ([, version = '', date = '', text = '']) => ({ version, date, text }),
);
const [unreleased, last] = sections;
const lines = (unreleased?.text ?? '').split('\n');
const namesIn = (line: string): string[] => [...line.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

/** `Type.field.argument` is named by itself, by `Type.field` or by `Type`. */
const namesOf = (path: string): string[] =>
  path.split('.').map((_, index, parts) => parts.slice(0, index + 1).join('.'));
/** The line to be put there; null: it stands there already. */
const missing = ({ path, message, level }: ContractChange): string | null => {
  const naming = lines.filter((line) => namesIn(line).some((name) => namesOf(path).includes(name)));
  const isNamed =
    level === 'breaking' ? naming.some((line) => line.startsWith('- **Breaking**')) : naming.length > 0;
  return isNamed ? null : `- ${level === 'breaking' ? '**Breaking**: ' : ''}\`${path}\`: ${message}`;
};

/** Members that come with their type, and arguments with their field, are not told one by one. */
const outermost = (changes: readonly ContractChange[]): ContractChange[] => {
  const paths = new Set(changes.filter(({ level }) => level !== 'breaking').map(({ path }) => path));
  return changes.filter(
    ({ path, level }) =>
      level === 'breaking' ||
      !namesOf(path)
        .slice(0, -1)
        .some((name) => paths.has(name)),
  );
};

const hasMember = (schema: GraphQLSchema, name: string): boolean => {
  const [typeName = '', member, argument] = name.split('.');
  const type = schema.getType(typeName);
  if (!type) return false;
  if (member === undefined) return true;
  if (isEnumType(type)) return type.getValue(member) !== undefined;
  if (isInputObjectType(type)) return type.getFields()[member] !== undefined;
  if (!isObjectType(type) && !isInterfaceType(type)) return false;
  const field = type.getFields()[member];
  return field !== undefined && (argument === undefined || field.args.some((one) => one.name === argument));
};

describe('CHANGELOG.md', () => {
  it('begins with what is not released, then the version of package.json', () => {
    expect(unreleased).toMatchObject({ version: 'Unreleased', date: '' });
    expect(last?.version).toBe(JSON.parse(read('package.json')).version);
    for (const { version, date } of sections.slice(1)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(date).toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });

  it('has of each release its contracts, and what it leaves behind', () => {
    for (const { version } of sections.slice(1)) {
      for (const file of contracts)
        expect(existsSync(join(root, `docs/releases/${version}.${file}`)), `${version}.${file}`).toBe(true);
      expect(releases).toContain(version);
    }
  });

  it.each(contracts)('names every change of %s, and marks what breaks', async (file) => {
    const changes = await contractChanges(read(`docs/releases/${last?.version}.${file}`), read(file));
    const absent = outermost(changes).flatMap((change) => missing(change) ?? []);
    expect(absent.join('\n'), 'to be put under [Unreleased]').toBe('');
  });

  it('names every migration', () => {
    const newest = aboutRelease(last?.version ?? '').lastMigration;
    const named = lines.flatMap(namesIn);
    const absent = readdirSync(join(root, 'prisma/migrations'))
      .filter((name) => /^\d/.test(name) && name > newest && !named.includes(name))
      .map((name) => `- Migration \`${name}\`: …`);
    expect(absent.join('\n'), 'to be put under [Unreleased]').toBe('');
  });

  it('names nothing of the contracts that there is not', () => {
    const schemas = contracts.flatMap((file) => [
      buildSchema(read(file)),
      buildSchema(read(`docs/releases/${last?.version}.${file}`)),
    ]);
    const begin = lines.indexOf('### Contract');
    const end = lines.findIndex((line, index) => index > begin && line.startsWith('### '));
    const named = begin < 0 ? [] : lines.slice(begin, end < 0 ? undefined : end).flatMap(namesIn);
    const isPath = (name: string): boolean => /^[A-Z]\w*(\.\w+)*$/.test(name);
    expect(
      named.filter((name) => isPath(name) && !schemas.some((schema) => hasMember(schema, name))),
    ).toEqual([]);
  });

  it('would miss a change, and see that what breaks is not marked', async () => {
    const before = 'type Query { a: Int b: Int }';
    const after = 'type Query { a(c: Int): String added: Added } type Added { d: Int e: Int }';
    const changes = outermost(await contractChanges(before, after));
    expect(changes.flatMap((change) => missing(change) ?? []).sort()).toEqual([
      expect.stringMatching(/^- \*\*Breaking\*\*: `Query\.a`: /),
      expect.stringMatching(/^- \*\*Breaking\*\*: `Query\.b`: /),
      expect.stringMatching(/^- `Added`: /),
      expect.stringMatching(/^- `Query\.a\.c`: /),
      expect.stringMatching(/^- `Query\.added`: /),
    ]);
  });
});
