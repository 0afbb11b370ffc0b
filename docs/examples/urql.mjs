// A query, two mutations and a subscription, with urql and graphql-ws: SKEP_URL=… SKEP_KEY=… node urql.mjs <node>
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

const { SKEP_URL, SKEP_KEY } = process.env;
const [node] = process.argv.slice(2);
const authorization = `Bearer ${SKEP_KEY}`;

const socket = createClient({
  url: SKEP_URL.replace(/^http/, 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: { authorization },
  retryAttempts: Number.POSITIVE_INFINITY,
  // All but a key that was refused: the server may come back.
  shouldRetry: (event) => event.code !== 4403,
});
const client = new Client({
  url: SKEP_URL,
  preferGetMethod: false,
  fetchOptions: { headers: { authorization } },
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => {
          // Sent anew after each break: moved along, so that no event is missed and none comes twice.
          const moved = { ...variables };
          const next = (result) => {
            const [event] = Object.values(result.data ?? {});
            if (event) moved.after = event.cursor;
            sink.next(result);
          };
          return { unsubscribe: socket.subscribe({ query, variables: moved }, { ...sink, next }) };
        },
      }),
    }),
  ],
});

const { data, error } = await client.query(
  '{ eventCursor nodes(first: 100) { edges { node { hostname role } } } }',
);
if (error) throw error;
console.log(data.nodes.edges.map((edge) => edge.node));

const fields = 'id state failure { code message hint }';
const labelled = await client.mutation(
  `mutation ($input: UpdateNodeLabelsInput!) { updateNodeLabels(input: $input) { ${fields} } }`,
  {
    input: {
      nodes: [node],
      set: [{ key: 'seen', value: 'by-urql' }],
      reason: 'an example',
      idempotencyKey: crypto.randomUUID(),
    },
  },
);
console.log(labelled.error?.graphQLErrors[0].extensions.code ?? labelled.data.updateNodeLabels);

// A refusal is no error: an operation in state REFUSED that says why. A dry run is only judged.
const judged = await client.mutation(
  `mutation ($input: DemoteNodesInput!) { demoteNodes(input: $input) { ${fields} } }`,
  { input: { nodes: [node], dryRun: true } },
);
console.log(judged.data.demoteNodes);

client
  .subscription(
    `subscription ($after: String) {
      nodeChanged(after: $after) { cursor kind node { hostname } changes { path old new } }
    }`,
    { after: data.eventCursor },
  )
  .subscribe((result) => {
    // CURSOR_TOO_OLD comes as a result, too: read anew, and begin at the cursor of that answer.
    console.log(JSON.stringify(result.error?.graphQLErrors ?? result.data.nodeChanged));
  });
