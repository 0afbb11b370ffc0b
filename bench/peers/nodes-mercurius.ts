// Mercurius with jit, as its documentation sets it up, with the server's schema and data: no authentication, no limits.
import fastify from 'fastify';
import mercurius from 'mercurius';
import { readInput } from './begin.ts';
import { type AskedNode, contextOf, schema } from './projection.ts';

const { nodes } = await readInput<{ nodes: AskedNode[] }>();
const app = fastify();
app.register(mercurius, { schema, jit: 1, context: contextOf(nodes) as () => Record<string, unknown> });
await app.listen({ port: 0, host: '127.0.0.1' });
const address = app.server.address();
process.stdout.write(`${JSON.stringify({ port: typeof address === 'object' ? address?.port : 0 })}\n`);
