// GraphQL Yoga as it is by default, with the server's schema and data: no authentication, no limits.
import { createServer } from 'node:http';
import { createYoga } from 'graphql-yoga';
import { listenAndTell, readInput } from './begin.ts';
import { type AskedNode, contextOf, schema } from './projection.ts';

const { nodes } = await readInput<{ nodes: AskedNode[] }>();
listenAndTell(createServer(createYoga({ schema, logging: false, context: contextOf(nodes) })));
