// The offline verifier, run as its reader runs it: one file, no server.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../dist/verify-audit.mjs', import.meta.url));

/** @returns its exit code, and what it found. */
export const verifyOffline = (
  args: readonly string[],
): Promise<{ code: number; findings: Record<string, any>; text: string }> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, '--json', ...args],
      { maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        const code = error ? Number(error.code) : 0;
        resolve({ code, findings: stdout.startsWith('{') ? JSON.parse(stdout) : {}, text: stdout + stderr });
      },
    );
  });
