// A sub-command of the built server, run as an operator runs it.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../dist/server.cjs', import.meta.url));

export type CommandEnd = {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  /** Standard output and error, as text. */
  text: string;
};

/** @param uid of the user who runs it; default: the test's own. */
export const runServerCommand = (
  args: readonly string[],
  { env = {}, uid }: { env?: NodeJS.ProcessEnv; uid?: number } = {},
): Promise<CommandEnd> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const out: Buffer[] = [];
    const told: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => out.push(part));
    child.stderr.on('data', (part: Buffer) => told.push(part));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const stdout = Buffer.concat(out);
      resolve({ code, signal, stdout, text: stdout.toString() + Buffer.concat(told).toString() });
    });
  });
