// The examples of docs/client.md: run as a reader runs them, and shown there as they are.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const inRoot = (name: string): string => join(root, 'docs/examples', name);

type Example = { name: string; language: string; value: string; command: (folder: string) => string[] };
const examples: Example[] = [
  { name: 'curl.sh', language: 'bash', value: 'by-curl', command: () => ['bash', inRoot('curl.sh')] },
  {
    name: 'fetch.mjs',
    language: 'js',
    value: 'by-fetch',
    command: () => [process.execPath, inRoot('fetch.mjs')],
  },
  {
    name: 'urql.mjs',
    language: 'js',
    value: 'by-urql',
    command: () => [process.execPath, inRoot('urql.mjs')],
  },
  { name: 'skep.py', language: 'python', value: 'by-python', command: () => ['python3', inRoot('skep.py')] },
  {
    name: 'typed-client.mts',
    language: 'ts',
    value: 'by-client',
    command: (folder) => [process.execPath, join(folder, 'typed-client.mjs')],
  },
];

describe('the examples of docs/client.md', () => {
  let system: System;
  let folder: string;
  const running: ChildProcess[] = [];
  beforeAll(async () => {
    system = await startSystem({
      engines: { kind: 'simulated', version: '20.10', speed: 10 },
      hosts: 1,
    });
    await system.formSwarm();
    // The package as npm leaves it.
    folder = mkdtempSync(join(tmpdir(), 'skep-examples-'));
    mkdirSync(join(folder, 'node_modules/@skep'), { recursive: true });
    cpSync(join(root, 'dist/client'), join(folder, 'node_modules/@skep/client'), { recursive: true });
    cpSync(join(root, 'node_modules/ws'), join(folder, 'node_modules/ws'), { recursive: true });
    cpSync(inRoot('typed-client.mts'), join(folder, 'typed-client.mts'));
    // As Node 22 runs it by itself: without its types.
    const { code } = await transform(read('docs/examples/typed-client.mts'), { loader: 'ts' });
    writeFileSync(join(folder, 'typed-client.mjs'), code);
  });
  afterAll(async () => {
    for (const { pid, exitCode } of running)
      if (pid !== undefined && exitCode === null) process.kill(-pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    await system?.stop();
  });

  it.each(examples)('$name: asks, changes, is refused, and hears of its change', async (example) => {
    const node = system.members[0]?.host.hostname ?? '';
    const [program = '', ...args] = example.command(folder);
    const env = { ...process.env, SKEP_URL: system.server.url, SKEP_KEY: system.server.adminKey };
    // Detached: a group of its own, so that what it started ends with it.
    const child = spawn(program, [...args, node], { env, detached: true });
    running.push(child);
    let told = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    const change = new RegExp(`"new": ?"${example.value}"`);
    await until(() => change.test(told) || complaints !== '', 'its change is told', 30_000).catch(
      () => undefined,
    );
    expect(complaints).toBe('');
    expect(told).toContain(node);
    expect(told).toContain('MANAGER');
    expect(told).toContain('SUCCEEDED');
    expect(told).toContain('LAST_MANAGER');
    expect(told).toMatch(change);
    expect(told).toContain('labels.seen');
    expect(told).not.toContain(system.server.adminKey);
  });

  it('typed-client.mts: fits the types of the package', async () => {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: 'es2023',
      module: 'nodenext',
      typeRoots: [join(root, 'node_modules/@types')],
      types: ['node'],
    };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['typed-client.mts'] }),
    );
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('');
  });

  it.each(examples)('$name: is shown as it is', ({ name, language }) => {
    expect(read('docs/client.md')).toContain(`\`\`\`${language}\n${read(`docs/examples/${name}`)}\`\`\``);
  });
});
