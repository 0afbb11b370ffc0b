// The built command line as a child process, as somebody types it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { System } from './system.ts';

export const skepFile = fileURLToPath(new URL('../../dist/skep.cjs', import.meta.url));

export type Typed = { code: number; out: string; err: string };

export type Skep = {
  /** @param line arguments as a shell would split them: words, and 'words in quotes' */
  (line: string, options?: { env?: NodeJS.ProcessEnv; input?: string }): Promise<Typed>;
  /** Started and not waited for. */
  start(line: string, env?: NodeJS.ProcessEnv): ChildProcess;
  /** The environment that it runs in: nothing of this process's but PATH. */
  env: NodeJS.ProcessEnv;
};

export const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));

/** With a configuration folder of its own in `dir`. */
export const createSkep = (dir: string, settings: NodeJS.ProcessEnv): Skep => {
  const home = mkdtempSync(join(dir, 'home-'));
  const env = { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: join(home, 'config'), ...settings };
  const start = (line: string, more: NodeJS.ProcessEnv = {}): ChildProcess =>
    spawn(process.execPath, [skepFile, ...wordsOf(line)], { env: { ...env, ...more }, cwd: home });
  const type = async (
    line: string,
    { env: more, input = '' }: { env?: NodeJS.ProcessEnv; input?: string } = {},
  ): Promise<Typed> => {
    const child = start(line, more);
    const told = { out: '', err: '' };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      told.out += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      told.err += text;
    });
    // It may end before it has read.
    child.stdin?.on('error', () => undefined).end(input);
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject).once('close', (ended) => resolve(ended ?? -1));
    });
    return { code, ...told };
  };
  return Object.assign(type, { start, env });
};

/** For a system, as its first admin. */
export const skepOf = (system: System): Skep =>
  createSkep(system.dir, { SKEP_SERVER: system.server.url, SKEP_KEY: system.server.adminKey });
