// No mutation without a row, and no refusal that the schema names without one.
import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { expect, it } from 'vitest';
import { failureCodes, isFailureCode } from '../../server/platform/failure.ts';
import { elsewhere, refusals } from './table.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
const rows = Object.values(refusals).flat();
const codesOf = (mutation: string): string[] => [
  ...rows.filter((row) => row.mutation === mutation).map(({ code }) => code),
  ...(elsewhere[mutation] ?? []),
];

it('every mutation has its refusals in the table', () => {
  const without = mutations.map(({ name }) => name).filter((name) => codesOf(name).length === 0);
  expect(without.filter((name) => !(name in elsewhere))).toEqual([]);
});

it('every refusal that a mutation’s description names is in the table', () => {
  for (const { name, description } of mutations) {
    const named = (description ?? '').match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? [];
    expect(codesOf(name), name).toEqual(expect.arrayContaining(named));
  }
});

it('every row is of a mutation and a code that there are', () => {
  const names = mutations.map(({ name }) => name);
  for (const { mutation, code } of rows) {
    expect(names).toContain(mutation);
    expect(isFailureCode(code), `${code} is one of ${Object.keys(failureCodes).length} codes`).toBe(true);
  }
});
