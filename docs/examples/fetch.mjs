// A query, two mutations and a subscription, with nothing but fetch: SKEP_URL=… SKEP_KEY=… node fetch.mjs <node>
const { SKEP_URL, SKEP_KEY } = process.env;
const [node] = process.argv.slice(2);

const send = (query, variables, accept) =>
  fetch(SKEP_URL, {
    method: 'POST',
    headers: { authorization: `Bearer ${SKEP_KEY}`, 'content-type': 'application/json', accept },
    body: JSON.stringify({ query, variables }),
  });

/** What was asked for, or an error whose `code` is the contract's. */
const dataOf = ({ data, errors }) => {
  if (!errors) return data;
  const [{ message, extensions }] = errors;
  throw Object.assign(new Error(message), extensions);
};
const ask = async (query, variables) =>
  dataOf(await (await send(query, variables, 'application/json')).json());

const { eventCursor } = await ask('{ eventCursor }');
const { nodes } = await ask('{ nodes(first: 100) { edges { node { hostname role status { state } } } } }');
console.log(nodes.edges.map((edge) => edge.node));

const fields = 'id state failure { code message hint }';
const { updateNodeLabels } = await ask(
  `mutation ($input: UpdateNodeLabelsInput!) { updateNodeLabels(input: $input) { ${fields} } }`,
  {
    input: {
      nodes: [node],
      set: [{ key: 'seen', value: 'by-fetch' }],
      reason: 'an example',
      // Sent again with the same key, it is done once.
      idempotencyKey: crypto.randomUUID(),
    },
  },
);
console.log(updateNodeLabels);

// A refusal is no error: an operation in state REFUSED that says why. A dry run is only judged.
const { demoteNodes } = await ask(
  `mutation ($input: DemoteNodesInput!) { demoteNodes(input: $input) { ${fields} } }`,
  { input: { nodes: [node], dryRun: true } },
);
console.log(demoteNodes);

/** The events after a cursor. When the connection breaks: again, with the cursor of the last one that came. */
async function* changes(after) {
  const query = `subscription ($after: String) {
    nodeChanged(after: $after) { cursor kind node { hostname } changes { path old new } }
  }`;
  const { body } = await send(query, { after }, 'text/event-stream');
  let text = '';
  for await (const part of body.pipeThrough(new TextDecoderStream())) {
    text += part;
    const messages = text.split('\n\n');
    text = messages.pop();
    for (const message of messages) {
      const [, data] = /^data: (\{.*)$/m.exec(message) ?? [];
      // CURSOR_TOO_OLD comes as a result, too: read anew, and begin at the cursor of that answer.
      if (data) yield dataOf(JSON.parse(data)).nodeChanged;
    }
  }
}
for await (const event of changes(eventCursor)) console.log(JSON.stringify(event));
