// The schema builder: plugins and scalars, no types. Each slice's schema/ adds its own.
import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { DateTimeISOResolver, JSONResolver } from 'graphql-scalars';
import type { Permission } from '../access/permissions.ts';
import type { Context } from '../context.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import { ofProjection } from './projection.ts';

export const builder = new SchemaBuilder<{
  Context: Context;
  Scalars: {
    ID: { Input: string; Output: string };
    /** A text is one as Docker writes it. */
    DateTime: { Input: Date; Output: Date | string };
    JSON: { Input: unknown; Output: unknown };
    NodeRef: { Input: string; Output: string };
  };
  AuthScopes: { permission: Permission };
  DefaultFieldNullability: false;
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
}>({
  plugins: [ScopeAuthPlugin, RelayPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    authorizeOnSubscribe: true,
    authScopes: ({ holders, requester }) => ({
      permission: (permission) => holders.authorise(requester.actor, permission),
    }),
    unauthorizedError: (_parent, { denials, requester }, info) => {
      const failure = new Failure(
        'FORBIDDEN',
        `${info.fieldName} needs a permission that you do not hold`,
        'the field’s description names it',
      );
      // Fields further in are left out of an answer, over and over, by every client that asks for all there is.
      const isRoot = info.path.prev === undefined;
      if (isRoot) denials.note({ ...requester, action: info.fieldName, failure: failureInfo(failure) });
      return failure;
    },
  },
  relay: {
    clientMutationId: 'omit',
    cursorType: 'String',
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    pageInfoTypeOptions: ofProjection({
      itself: ['startCursor', 'endCursor', 'hasNextPage', 'hasPreviousPage'],
    }),
    edgesFieldOptions: { nullable: false },
    nodeFieldOptions: { nullable: false },
  },
});

builder.addScalarType('DateTime', DateTimeISOResolver, {
  description: 'A moment, ISO 8601 in UTC, to the millisecond.',
});
builder.addScalarType('JSON', JSONResolver, { description: 'Any JSON value.' });
builder.scalarType('NodeRef', {
  description:
    'Names a node, in Docker’s order: full id, exact hostname, unique prefix of an id. Without a cluster only full ids are taken, unless the caller sees exactly one cluster.',
  serialize: (ref) => ref,
  parseValue: (ref) => {
    if (typeof ref !== 'string' || ref.trim() === '' || ref.length > 255)
      throw new Failure('BAD_USER_INPUT', 'a NodeRef is a text of 1 to 255 characters');
    return ref.trim();
  },
});

builder.queryType({});
builder.mutationType({
  description: 'Each field takes one input and answers with an operation. One root field a request.',
});
builder.subscriptionType({
  description:
    'Each event has a cursor: give it as `after` and the events since are told first. Too old a cursor: CURSOR_TOO_OLD.',
});

/** Options of a field that needs a permission, which its description names. */
export const guarded = (permission: Permission, description: string) =>
  ({ authScopes: { permission }, description: `${description} Permission: ${permission}.` }) as const;
