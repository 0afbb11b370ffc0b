// The demo, run as a user runs it: a process whose output is read.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identifyProcess, type ProcessIdentity } from '../../lab/engines/processes.ts';
import { until } from './until.ts';

/** data/demo.json. */
export type DemoJson = {
  url: string;
  console: string;
  adminKey: string;
  engines: string;
  hosts: { id: string; hostname: string; dockerHost: string }[];
};

export type Demo = {
  output(): string;
  json(): DemoJson;
  /** Waits until the demo says that it is ready for a person. */
  ready(): Promise<void>;
  /** The commands that it printed to be pasted. */
  commands(): { query: string; mutation: string; subscription: string; link: string };
  /** The server and the agents. */
  children(): Promise<ProcessIdentity[]>;
  /** Sends a signal and waits for the end. @returns the exit code, null after a signal that kills. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  exited(): Promise<number | null>;
};

const checkout = fileURLToPath(new URL('../..', import.meta.url));

const exit = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once('exit', (code) => resolve(code)));

/** @param data where data and demo.json go: no demo of a developer is disturbed. */
export const startDemo = (data: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Demo => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'lab/demo.ts', ...args], {
    cwd: checkout,
    env: { ...process.env, SKEP_DEMO_DATA: data, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return {
    output: () => output,
    json: () => JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8')) as DemoJson,
    ready: async () => {
      await until(
        () => {
          if (/^Ready\.$/m.test(output)) return true;
          if (child.exitCode !== null) return 'ended';
          return null;
        },
        `the demo is ready; so far: ${output}`,
        240_000,
      );
      if (child.exitCode !== null) throw new Error(`the demo ended:\n${output}`);
    },
    commands: () => {
      const [query = '', mutation = '', subscription = '', link = ''] = output
        .split('\n')
        .filter((line) => line.startsWith('curl'));
      return { query, mutation, subscription, link };
    },
    children: async () => {
      const pids = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
      const skep = pids.filter(
        (pid) => pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/dist/'),
      );
      const found = await Promise.all(skep.map((pid) => identifyProcess(Number(pid))));
      return found.filter((each) => each !== null);
    },
    end: (signal) => {
      child.kill(signal);
      return exit(child);
    },
    exited: () => exit(child),
  };
};
