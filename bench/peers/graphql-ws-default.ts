// graphql-ws as its guide sets it up, on our schema: each subscriber has its own iterator, execution and JSON.
// https://the-guild.dev/graphql/ws/get-started
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { listenAndTell, readInput } from './begin.ts';

/** @param event what the field's resolver is given: an object with the values of all that is asked for. */
const { field, event } = await readInput<{ field: string; event: unknown }>();
const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
// Of this one target thousands hear, which is no leak.
setMaxListeners(0);
const pubSub = createPubSub<{ event: [unknown] }>();
const subscription = schema.getSubscriptionType()?.getFields()[field];
if (!subscription) throw new Error(`no subscription ${field}`);
subscription.subscribe = () => pubSub.subscribe('event');
subscription.resolve = (value: unknown) => value;
for (const type of Object.values(schema.getTypeMap()))
  if ('resolveType' in type) type.resolveType = () => undefined;

const server = createServer((_, response) => {
  pubSub.publish('event', event);
  response.end();
});
useServer({ schema }, new WebSocketServer({ server, path: '/graphql', perMessageDeflate: false }));
listenAndTell(server);
