// A query, two mutations and a subscription, by the typed client: SKEP_URL=… SKEP_KEY=… node typed-client.mts <node>
import { createSkepClient, SkepError } from '@skep/client';
import * as documents from '@skep/client/documents';

const { SKEP_URL = '', SKEP_KEY = '' } = process.env;
const [node = ''] = process.argv.slice(2);
const client = createSkepClient({ url: SKEP_URL, key: SKEP_KEY });

const { nodes } = await client.request(documents.nodes, { first: 100 });
for (const { node: each } of nodes.edges) console.log(each.hostname, each.role, each.status.state);

// Until its operation is final; an idempotency key is made, so that a lost answer does no harm.
const { updateNodeLabels } = await client.perform(documents.updateNodeLabels, {
  input: { nodes: [node], set: [{ key: 'seen', value: 'by-client' }], reason: 'an example' },
});
console.log(updateNodeLabels.action, updateNodeLabels.state);

try {
  await client.perform(documents.demoteNodes, { input: { nodes: [node], dryRun: true } });
} catch (error) {
  if (!(error instanceof SkepError)) throw error;
  console.log(error.code, error.message, error.hint);
}

// From where the query stood, and on over every break.
const options = { after: nodes.eventCursor };
for await (const { nodeChanged } of client.subscribe(documents.nodeChanged, {}, options)) {
  const { kind, node: changed, changes } = nodeChanged;
  console.log(kind, changed.hostname, JSON.stringify(changes));
}
