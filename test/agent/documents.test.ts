// What the agent sends fits agent.graphql, and it knows every command type and failure code of it.
import { buildSchema, isEnumType, isUnionType, parse, validate } from 'graphql/index.js';
import { expect, test } from 'vitest';
import { commandKinds } from '../../agent/command-kinds.ts';
import { commandBody, failureCodes } from '../../agent/contract.ts';
import * as documents from '../../agent/documents.ts';
import { contractText } from './stand-in-server.ts';

const schema = buildSchema(contractText);

test.each(Object.entries(documents))('%s fits the contract', (_, document) => {
  expect(validate(schema, parse(document))).toEqual([]);
});

test('each command type of the contract has an executor and a shape', () => {
  const union = schema.getType('CommandBody');
  const names = isUnionType(union) ? union.getTypes().map(({ name }) => name) : [];
  expect(Object.keys(commandKinds).sort()).toEqual([...names].sort());
  const shapes = commandBody.def.options.map((option) => option.shape.__typename.def.values[0]);
  expect([...shapes].sort()).toEqual([...names].sort());
});

test('the failure codes are those of the contract', () => {
  const codes = schema.getType('FailureCode');
  const names = isEnumType(codes) ? codes.getValues().map(({ name }) => name) : [];
  expect([...failureCodes].sort()).toEqual([...names].sort());
});
