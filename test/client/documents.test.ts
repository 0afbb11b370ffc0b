// The client's ready documents: one for each root field, and none that the server would refuse for its size or price.
import { getOperationAST } from 'graphql';
import { describe, expect, it } from 'vitest';
import * as documents from '../../client/generated/documents.ts';
import { resumable } from '../../client/resumable.ts';
import { createReadDocument } from '../../server/graphql/document.ts';
import { costOf, mostCost } from '../../server/graphql/document-cost.ts';
import { schema } from '../../server/graphql/schema.ts';

const read = createReadDocument(schema);
const fieldsOf = (type: ReturnType<typeof schema.getQueryType>): string[] =>
  Object.keys(type?.getFields() ?? {});
const ready = Object.entries(documents).map(([name, document]) => [name, String(document)] as const);
const texts = new Map(ready);

describe('the ready documents', () => {
  it('are one for each root field', () => {
    const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
      fieldsOf,
    );
    expect(ready.map(([name]) => name).sort()).toEqual(fields.sort());
  });

  it.each(ready)('%s is what the server takes, with pages of a hundred', (_, text) => {
    const { document, errors } = read(text);
    expect(errors).toEqual([]);
    const operation = getOperationAST(document);
    if (!operation) throw new Error('no operation');
    expect(costOf(schema, document, operation, { first: 100 })).toBeLessThanOrEqual(mostCost);
  });

  it.each(fieldsOf(schema.getMutationType()))('%s tells how its operation ends', (name) => {
    const text = texts.get(name) ?? '';
    expect(text).toMatch(/\.\.\.OperationParts/);
    expect(text).toMatch(
      /fragment OperationParts on Operation \{.* failure \{ code hint message retryable \}/,
    );
    expect(text).toMatch(/fragment OperationParts on Operation \{.* id .* requestId .* state /);
  });

  it.each(fieldsOf(schema.getSubscriptionType()))('%s goes on after a break', (name) => {
    const cursorOf = resumable(texts.get(name) ?? '');
    expect(cursorOf({ [name]: { cursor: 'c1' } })).toBe('c1');
  });
});
