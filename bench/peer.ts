// The other side of a comparison: a program of bench/peers/ in a process of its own.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Context } from './measure.ts';

const endWithParent = new URL('../lab/end-with-parent.mjs', import.meta.url).href;

/** A peer that runs. */
export type Peer = { pid: number; port: number };

/**
 * Starts `bench/peers/<name>.ts`, which is ended with the measure.
 * @param input what it gets as JSON on its standard input (./peers/begin.ts reads it and says the port).
 * @throws Error when it ends before it has said where it listens.
 */
export const startPeer = (context: Context, name: string, input: unknown): Promise<Peer> =>
  context.own(
    () =>
      new Promise<Peer>((resolve, reject) => {
        const program = fileURLToPath(new URL(`./peers/${name}.ts`, import.meta.url));
        const child = spawn(process.execPath, ['--import', endWithParent, '--import', 'tsx', program], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        child.once('error', reject);
        child.once('exit', (code) => reject(new Error(`the peer ${name} ended with ${code}`)));
        createInterface({ input: child.stdout }).once('line', (line) =>
          resolve({ pid: child.pid ?? 0, port: JSON.parse(line).port }),
        );
        child.stdin.end(JSON.stringify(input));
      }),
    ({ pid }) => void process.kill(pid, 'SIGKILL'),
  );
