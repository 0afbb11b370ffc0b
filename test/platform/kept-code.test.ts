// What the build keeps beside the server is a matter of speed alone: without it, or with that of another build, all is the same.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { afterAll, describe, expect, it } from 'vitest';
import { createAsk } from '../../lab/client.ts';
import { startServer } from '../../lab/processes.ts';
import { startSystem } from '../support/system.ts';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-kept-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A server installed elsewhere, as a container image has it. */
const install = (change: (folder: string) => void): string => {
  const root = newFolder();
  const folder = join(root, 'dist');
  mkdirSync(folder);
  for (const name of [
    'server.cjs',
    'server-bundle.cjs',
    'server-code.bin',
    'query-plans.bin',
    'query-compiler.wasm',
  ])
    copyFileSync(join(dist, name), join(folder, name));
  cpSync(join(dist, 'migrations'), join(folder, 'migrations'), { recursive: true });
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(root, 'node_modules'));
  change(folder);
  return join(folder, 'server.cjs');
};

/** Starts on an empty folder, then on the one that it made, and asks what a start does not. */
const answers = async (entry: string): Promise<void> => {
  const server = await startServer({ dir: newFolder(), entry });
  try {
    for (const round of [1, 2]) {
      const ask = createAsk(() => server.url, server.adminKey);
      const { cancelOperation, verifyAudit, auditLog } = await ask(
        'mutation { cancelOperation(input: { id: "none" }) { state failure { code } } }',
      ).then(async (done) => ({
        ...done,
        ...(await ask('{ verifyAudit { ok checked } auditLog(first: 1) { edges { node { phase } } } }')),
      }));
      expect(cancelOperation).toEqual({ state: 'REFUSED', failure: { code: 'NOT_FOUND' } });
      expect(verifyAudit).toEqual({ ok: true, checked: 1 + 2 * round });
      expect(auditLog.edges).toEqual([{ node: { phase: 'OUTCOME' } }]);
      if (round === 1) {
        await server.kill9();
        await server.start();
      }
    }
  } finally {
    await server.stop();
  }
};

describe('the built server', () => {
  it('takes the code that the build kept', { timeout: 120_000 }, async () => {
    const child = spawn(
      process.execPath,
      // Node 24 prints what `-p` is asked for when the process ends.
      ['-e', `console.log(require('${join(dist, 'server.cjs')}').script.cachedDataRejected)`],
      {
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          SKEP_DATA_DIR: newFolder(),
          SKEP_PORT: '0',
          SKEP_LOG_LEVEL: 'silent',
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = once(child, 'exit');
    // The first key is told there as well, and which comes first is Node's affair.
    let told = '';
    for await (const line of createInterface({ input: child.stdout })) {
      told = line;
      if (/^(true|false|undefined)$/.test(line)) break;
    }
    child.kill('SIGKILL');
    await ended;
    expect(told).toBe('false');
  });

  const keptPlans = (folder: string): { build: string; plans: Map<string, unknown> } =>
    deserialize(readFileSync(join(folder, 'query-plans.bin')));

  const shifted = (folder: string) => {
    const kept = keptPlans(folder);
    const [...requests] = kept.plans.keys();
    const [...plans] = kept.plans.values();
    return {
      ...kept,
      plans: new Map(requests.map((request, at) => [request, plans[(at + 1) % plans.length]])),
    };
  };

  it('has a plan for each line of prisma/requests.txt', () => {
    const lines = readFileSync(fileURLToPath(new URL('../../prisma/requests.txt', import.meta.url)), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines).toEqual([...new Set(lines)].sort());
    const { plans } = keptPlans(dist);
    // One that fits the schema no longer has none: take it away.
    expect(lines.filter((request) => !plans.has(request))).toEqual([]);
  });

  it('compiles nothing of what people do', { timeout: 120_000 }, async () => {
    const folder = newFolder();
    const [recorder, asked] = [join(folder, 'record.cjs'), join(folder, 'asked.txt')];
    writeFileSync(
      recorder,
      `const { appendFileSync } = require('node:fs');
globalThis.skepPlansAsked = { begin() {}, set: (request) => appendFileSync(${JSON.stringify(asked)}, request + '\\n') };`,
    );
    const system = await startSystem({
      engines: { kind: 'simulated', version: '28.5', speed: 4 },
      env: { NODE_OPTIONS: `--require ${recorder}` },
    });
    try {
      const cluster = await system.formSwarm();
      const { cluster: read } = await system.ask(
        'query($id: ID!) { cluster(id: $id) { nodes(filter: { role: [WORKER] }, first: 1) { edges { node { id } } } } }',
        { id: cluster },
      );
      const { drainNodes } = await system.ask(
        'mutation($input: DrainNodesInput!) { drainNodes(input: $input) { state failure { message } } }',
        { input: { cluster, nodes: [read.nodes.edges[0].node.id], reason: 'a kernel' } },
      );
      expect(drainNodes).toEqual({ state: 'SUCCEEDED', failure: null });
    } finally {
      await system.stop();
    }
    const { plans } = keptPlans(dist);
    const requests = readFileSync(asked, 'utf8').trimEnd().split('\n');
    expect(requests.length).toBeGreaterThan(20);
    // lab/record-requests.cjs says how they come into prisma/requests.txt.
    expect(requests.filter((request) => !plans.has(request))).toEqual([]);
  });

  it('takes plans that the build kept', { timeout: 120_000 }, async () => {
    // The wrong ones, of the right build: so they are read at all.
    const entry = install((folder) =>
      writeFileSync(join(folder, 'query-plans.bin'), serialize(shifted(folder))),
    );
    await expect(answers(entry)).rejects.toThrow('the server ended');
  });

  it('takes none of another build', { timeout: 120_000 }, async () => {
    const entry = install((folder) => {
      writeFileSync(join(folder, 'query-plans.bin'), serialize({ ...shifted(folder), build: 'another' }));
      const code = readFileSync(join(folder, 'server-code.bin'));
      writeFileSync(
        join(folder, 'server-code.bin'),
        Buffer.concat([Buffer.from('f'.repeat(64)), code.subarray(64)]),
      );
    });
    await answers(entry);
  });

  it('takes none that another Node compiled', { timeout: 120_000 }, async () => {
    const entry = install((folder) => {
      const path = join(folder, 'server-code.bin');
      const code = readFileSync(path);
      // Code that V8 would take and that cannot run: so it is not even shown.
      code.fill(0xff, code.length / 2);
      code.fill('0', code.indexOf(process.versions.node), code.indexOf(process.versions.node) + 7, 'latin1');
      writeFileSync(path, code);
    });
    await answers(entry);
  });

  it('takes none that V8 refuses', { timeout: 120_000 }, async () => {
    const entry = install((folder) => {
      const code = readFileSync(join(folder, 'server-code.bin'));
      // Behind whose it is (in whole eights) and V8's magic number: the hash of its version.
      const begin = Math.ceil((code.indexOf('\n') + 1) / 8) * 8;
      code.fill(0, begin + 4, begin + 8);
      writeFileSync(join(folder, 'server-code.bin'), code);
    });
    await answers(entry);
  });

  it('needs none', { timeout: 120_000 }, async () => {
    const entry = install((folder) => {
      for (const name of ['server-code.bin', 'query-plans.bin']) rmSync(join(folder, name));
    });
    await answers(entry);
  });
});
