// The snippets of docs/networks.md and docs/secrets.md, run one after the other on a cluster.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from '../../lab/client.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { type System, startSystem } from '../support/system.ts';

const snippetsOf = (path: string): string[] => {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```graphql\n(.*?)^```$/gms)].map(([, code = '']) => code);
};

describe(`documents (${enginesNote})`, () => {
  let system: System;
  let cluster: string;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1 });
    cluster = await system.formSwarm();
  });
  afterAll(() => system?.stop());

  it.each(['docs/networks.md', 'docs/secrets.md'])('%s: each snippet does what it says', async (path) => {
    const snippets = snippetsOf(path);
    expect(snippets.length).toBeGreaterThan(2);
    for (const snippet of snippets) {
      const all: Record<string, string> = { cluster, value: 'hush' };
      const variables = Object.fromEntries(
        Object.entries(all).filter(([name]) => snippet.includes(`$${name}:`)),
      );
      const { body } = await post(system.server.url, system.server.adminKey, snippet, variables);
      expect(body.errors, snippet).toBeUndefined();
      if (!snippet.startsWith('mutation')) continue;
      for (const operation of Object.values(body.data ?? {}))
        expect(operation, snippet).toMatchObject({ state: 'SUCCEEDED', failure: null });
    }
  });
});
