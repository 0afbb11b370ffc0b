// `npm run schema`: writes schema.graphql and agent.graphql from the code. With --check: fails where they differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { agentSchema } from '../hosts/agent-schema.ts';
import { schema } from './schema.ts';

const check = process.argv.includes('--check');
let drifted = false;
for (const [file, printed] of [
  ['schema.graphql', printSchema(lexicographicSortSchema(schema))],
  ['agent.graphql', printSchema(lexicographicSortSchema(agentSchema))],
] as const) {
  const path = new URL(`../../${file}`, import.meta.url);
  const text = `${printed}\n`;
  if (!check) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    drifted = true;
    console.error(`${file} is not what the code says; run npm run schema and commit it`);
  }
}
process.exitCode = drifted ? 1 : 0;
