// The schema, put together: importing a slice's schema adds its types to the builder.
import '../audit/schema.ts';
import '../operations/schema.ts';
import '../access/schema.ts';
import '../hosts/schema.ts';
import '../clusters/schema.ts';
import '../nodes/schema.ts';
import '../membership/schema.ts';
import '../secrets/schema.ts';
import '../networks/schema.ts';
import '../services/schema.ts';
import '../objects/schema.ts';
import '../fleet/schema.ts';
import '../maintenance/schema.ts';
import '../webhooks/schema.ts';
import type { GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';

export const schema: GraphQLSchema = builder.toSchema({ sortSchema: false });
