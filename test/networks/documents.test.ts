// The snippets of docs/networks.md and docs/secrets.md, run one after the other on a cluster.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from '../../lab/client.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { snippet } from '../support/snippets.ts';
import { type System, startSystem } from '../support/system.ts';

/** In the order of their page. */
const steps = [
  ['docs/networks.md', 'Create'],
  ['docs/networks.md', 'Attached'],
  ['docs/networks.md', 'Endpoints'],
  ['docs/networks.md', 'Kernels'],
  ['docs/networks.md', 'Remove'],
  ['docs/secrets.md', 'Create'],
  ['docs/secrets.md', 'Used'],
  ['docs/secrets.md', 'Rotate'],
  ['docs/secrets.md', 'Remove'],
] as const;

describe(`documents (${enginesNote})`, () => {
  let system: System;
  let cluster: string;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1 });
    cluster = await system.formSwarm();
  });
  afterAll(() => system?.stop());

  it.each(steps)('%s: %s does what it says', async (path, name) => {
    const text = snippet(path, name);
    const all: Record<string, string> = { cluster, value: 'hush' };
    const variables = Object.fromEntries(Object.entries(all).filter(([each]) => text.includes(`$${each}:`)));
    const { body } = await post(system.server.url, system.server.adminKey, text, variables);
    expect(body.errors).toBeUndefined();
    if (!text.startsWith('mutation')) return;
    for (const operation of Object.values(body.data ?? {}))
      expect(operation).toMatchObject({ state: 'SUCCEEDED', failure: null });
  });
});
