// docs/examples/promote.mjs, run as its reader runs it: a script that promotes a node and finds out who did.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';

const script = fileURLToPath(new URL('../../docs/examples/promote.mjs', import.meta.url));
const run = async (args: string[], cwd: string, env: Record<string, string> = {}) => {
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
  });
  return JSON.parse(stdout);
};

describe(`the script (${enginesNote})`, () => {
  let system: System;
  let node: string;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    await system.formSwarm();
    node = system.members[1]?.host.hostname ?? '';
  });
  afterAll(() => system?.stop());

  it('promotes a node by a key of its own, and tells who did and why', async () => {
    const made = await createPerform(system.server.url, system.server.adminKey)('createApiKey', {
      name: 'the deployer',
      role: 'OPERATOR',
    });
    const told = await run([node, 'one manager more'], system.dir, {
      SKEP_URL: system.server.url,
      SKEP_KEY: made.payload.key,
    });
    const record = { action: 'promoteNodes', actor: { name: 'the deployer' }, reason: 'one manager more' };
    expect(told).toMatchObject({
      state: 'SUCCEEDED',
      failure: null,
      targets: [
        {
          node: {
            history: [
              { ...record, phase: 'OUTCOME', outcome: 'SUCCEEDED' },
              { ...record, phase: 'INTENT', outcome: null },
            ],
          },
        },
      ],
    });
    const [first] = system.members;
    const nodes = first && (await engineOf(first.host).nodes());
    expect(nodes?.[node].ManagerStatus.Reachability).toBe('reachable');
  });

  it('finds the demo’s address and key by itself', async () => {
    mkdirSync(join(system.dir, 'data'), { recursive: true });
    const { url, adminKey } = system.server;
    writeFileSync(join(system.dir, 'data', 'demo.json'), JSON.stringify({ url, adminKey }));
    expect(await run([node], system.dir)).toMatchObject({
      state: 'SUCCEEDED',
      targets: [
        { node: { history: [{ actor: { name: 'first admin' } }, { actor: { name: 'first admin' } }] } },
      ],
    });
  });
});
