// Starts a program of this folder as a process that a test can kill, and reads its lines.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, onTestFinished } from 'vitest';

/** A running child: its lines so far, a wait for one, and its end by SIGKILL (or its own), with all lines read. */
export type Child = {
  readonly lines: readonly string[];
  until(enough: (lines: readonly string[]) => boolean): Promise<void>;
  kill(): Promise<void>;
  ended(): Promise<void>;
};

/** Bundles a program of this folder, as the server is bundled, so that many children start fast; returns its path. */
export const bundle = async (program: string): Promise<string> => {
  const inRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  // Below node_modules, so that the packages left out of the bundle are found from there.
  const outfile = inRoot(`node_modules/.cache/skep-test/${process.pid}-${program.replace(/\.ts$/, '.mjs')}`);
  const entryPoints = [inRoot(`test/platform/${program}`)];
  afterAll(() => rmSync(outfile, { force: true }));
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external' });
  return outfile;
};

/** Runs a bundled program. */
export const startChild = (path: string, args: readonly string[]): Child => {
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));

  const until = (enough: (lines: readonly string[]) => boolean) =>
    new Promise<void>((resolve, reject) => {
      const look = () => (enough(lines) ? resolve() : undefined);
      reader.on('line', look).once('close', () => {
        look();
        reject(new Error(`${path} ended early after: ${lines.slice(-3).join(' | ')}`));
      });
      look();
    });
  const ended = async () => {
    await closed;
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await closed;
  };
  return { lines, until, kill, ended };
};
