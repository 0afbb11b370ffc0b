// The client as its package: the built folder, in a plain Node program and under a plain tsc.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Relay, startRelay } from '../support/relay.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder as npm leaves it: the package and what it depends on, and nothing of this checkout. */
const project = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-client-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@skep'), { recursive: true });
  cpSync(join(root, 'dist/client'), join(modules, '@skep/client'), { recursive: true });
  cpSync(join(root, 'node_modules/ws'), join(modules, 'ws'), { recursive: true });
  return folder;
};

/** Tells each label that it hears of, and each change of the line. */
const program = `
import { createSkepClient } from '@skep/client';
import * as documents from '@skep/client/documents';

const client = createSkepClient({ url: process.env.URL_OF_SKEP, key: process.env.KEY });
const { viewer } = await client.request(documents.viewer);
console.log(JSON.stringify({ viewer: viewer.name }));
const onLine = (up) => console.log(JSON.stringify({ up }));
for await (const { nodeChanged } of client.subscribe(documents.nodeChanged, {}, { onLine })) {
  const [change] = nodeChanged.changes;
  console.log(JSON.stringify({ value: change.new }));
  if (change.new === 'last') break;
}
`;

describe('the package in a plain Node program', () => {
  let system: System;
  let relay: Relay;
  let folder: string;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    system = await startSystem({
      engines: { kind: 'simulated', version: '20.10', speed: 10 },
      hosts: 1,
    });
    await system.formSwarm();
    relay = await startRelay(Number(new URL(system.server.url).port));
    folder = project();
    writeFileSync(join(folder, 'follow.mjs'), program);
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    await relay?.close();
    await system?.stop();
  });

  const label = async (value: string): Promise<void> => {
    const input = { nodes: [system.members[0]?.host.hostname], set: [{ key: 'package', value }] };
    await system.ask(
      'mutation ($input: UpdateNodeLabelsInput!) { updateNodeLabels(input: $input) { state } }',
      { input },
    );
  };
  const start = (flags: string[]) => {
    const env = {
      ...process.env,
      URL_OF_SKEP: `http://127.0.0.1:${relay.port}`,
      KEY: system.server.adminKey,
    };
    const child = spawn(process.execPath, [...flags, 'follow.mjs'], { cwd: folder, env });
    children.push(child);
    const told: unknown[] = [];
    let complaints = '';
    createInterface({ input: child.stdout }).on('line', (line) => told.push(JSON.parse(line)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { told, ended, complaints: () => complaints };
  };

  // Node 20 has its own socket behind a flag; newer ones have it without.
  const isOld = Number(process.versions.node.split('.')[0]) < 22;
  it.each<[string, string[]]>([
    ['the socket of the package ws', isOld ? [] : ['--no-experimental-websocket']],
    ['Node’s own socket', isOld ? ['--experimental-websocket', '--no-warnings'] : []],
  ])('follows over a line that breaks, with %s, and ends by itself', async (_, flags) => {
    const { told, ended, complaints } = start(flags);
    await until(() => told.length >= 2 || complaints() !== '', 'the program listens');
    await label('first');
    await until(() => told.length >= 3 || complaints() !== '', 'the first label is told');
    relay.cut();
    await label('second');
    relay.heal();
    await label('last');
    expect([await ended, complaints()]).toEqual([0, '']);
    expect(told).toEqual([
      { viewer: 'first admin' },
      { up: true },
      { value: 'first' },
      { up: false },
      { up: true },
      { value: 'second' },
      { value: 'last' },
    ]);
    await label('before the next');
  });

  it('says what is missing where there is no ws', async () => {
    rmSync(join(folder, 'node_modules/ws'), { recursive: true });
    const { ended, complaints } = start(isOld ? [] : ['--no-experimental-websocket']);
    expect(await ended).toBe(1);
    expect(complaints()).toContain('ws');
  });
});

const typed = `
import { createSkepClient, SkepError, SkepUnreachable, type SkepClient, type TypedDocument } from '@skep/client';
import * as documents from '@skep/client/documents';
import type { NodePartsFragment, PromoteNodesInput } from '@skep/client/documents';

const client: SkepClient = createSkepClient({ url: 'https://skep.example.org', key: async () => 'key' });
const input: PromoteNodesInput = { nodes: ['worker-1'], reason: 'why' };
const { promoteNodes } = await client.request(documents.promoteNodes, { input });
const state: 'SUCCEEDED' | 'FAILED' | 'REFUSED' | 'CANCELLED' | 'UNRESOLVED' | 'QUEUED' | 'RUNNING' | 'CANCELLING' | 'UNKNOWN' = promoteNodes.state;
const code: string | undefined = promoteNodes.failure?.code;
const { nodes } = await client.request(documents.nodes);
const hostnames: string[] = nodes.edges.map(({ node }: { node: NodePartsFragment }) => node.hostname);
for await (const { nodeChanged } of client.subscribe(documents.nodeChanged, {}, { after: nodes.eventCursor })) {
  const cursor: string = nodeChanged.cursor;
  console.log(state, code, hostnames, cursor);
}
try {
  await client.perform(documents.demoteNodes, { input: { nodes: ['manager-1'] } });
} catch (error) {
  if (error instanceof SkepError) console.log(error.code, error.hint, error.retryable, error.requestId);
  else if (error instanceof SkepUnreachable) console.log(error.cause);
}
declare const own: TypedDocument<{ eventCursor: string }, { [key: string]: never }>;
const { eventCursor }: { eventCursor: string } = await client.request(own);
console.log(eventCursor);

// @ts-expect-error a variable of the wrong type
await client.request(documents.promoteNodes, { input: { nodes: 1 } });
// @ts-expect-error an input that is not there
await client.request(documents.promoteNodes, { input: { nodes: ['worker-1'], raeson: 'why' } });
// @ts-expect-error a variable that is missing
await client.request(documents.promoteNodes, {});
// @ts-expect-error no variables where some are needed
await client.request(documents.promoteNodes);
// @ts-expect-error a value that the enum does not have
await client.perform(documents.setNodeAvailability, { input: { nodes: ['worker-1'], availability: 'GONE' } });
// @ts-expect-error a field that the answer does not have
promoteNodes.colour;
// @ts-expect-error an answer that may be null
(await client.request(documents.node, { ref: 'worker-1' })).node.hostname;
// @ts-expect-error a filter that is not there
client.subscribe(documents.nodeChanged, { filter: { colour: 'red' } });
// @ts-expect-error no key
createSkepClient({ url: 'https://skep.example.org' });
`;

describe('the types of the package', () => {
  let folder: string;
  beforeAll(() => {
    folder = project();
    const options = {
      strict: true,
      noEmit: true,
      target: 'es2023',
      module: 'nodenext',
      lib: ['es2023', 'dom', 'dom.iterable'],
      types: [],
    };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['typed.mts'] }),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const compile = async (text: string): Promise<string> => {
    writeFileSync(join(folder, 'typed.mts'), text);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [tsc, '-p', folder], { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    );
    return stdout;
  };

  it('know what each document takes and gives', async () => {
    expect(await compile(typed)).toBe('');
  });

  it('name what is wrong', async () => {
    const wrong = typed.replaceAll('// @ts-expect-error', '//');
    const complaints = (await compile(wrong)).match(/error TS\d+/g) ?? [];
    expect(complaints).toHaveLength(typed.split('@ts-expect-error').length - 1);
  });

  it('stand alone: no type and no module of another package, but ws', () => {
    const built = join(root, 'dist/client');
    const files = readdirSync(built, { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining(['client.js', 'client.d.ts', 'documents.js', 'documents.d.ts', 'package.json']),
    );
    const imports = files
      .filter((name) => /\.(js|d\.ts)$/.test(name))
      .flatMap((name) => readFileSync(join(built, name), 'utf8').split('\n'))
      // Examples in comments import as well.
      .filter((line) => !/^\s*\*/.test(line))
      .flatMap((line) => [...line.matchAll(/(?:\bfrom |\bimport\()["']([^."'][^"']*)/g)])
      .map(([, name]) => name);
    expect([...new Set(imports)]).toEqual(['ws']);
  });
});
