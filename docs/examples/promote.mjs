// Promotes a node and finds out who did, with nothing but fetch: node docs/examples/promote.mjs <node> [why]
import { readFileSync } from 'node:fs';

const demo = process.env.SKEP_URL ? {} : JSON.parse(readFileSync('data/demo.json', 'utf8'));
const { SKEP_URL = demo.url, SKEP_KEY = demo.adminKey } = process.env;
const headers = { authorization: `Bearer ${SKEP_KEY}`, 'content-type': 'application/json' };
const query = `mutation($node: NodeRef!, $why: String) { promoteNodes(input: { nodes: [$node], reason: $why }) {
  state failure { code message } targets { node { history(first: 2) { at action phase actor { name } reason outcome } } } } }`;
const [node, why] = process.argv.slice(2);
const body = JSON.stringify({ query, variables: { node, why } });
const { data, errors } = await (await fetch(SKEP_URL, { method: 'POST', headers, body })).json();
console.log(JSON.stringify(errors ?? data.promoteNodes, null, 2));
