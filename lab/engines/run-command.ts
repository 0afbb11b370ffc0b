// Runs one program to its end: the lab's only door to other programs that finish by themselves.
import { execFile } from 'node:child_process';

/** What `runCommand` may be told besides the program and its arguments. */
export interface RunCommandOptions {
  /** Written to the program's standard input, which is then closed. */
  input?: string;
}

/**
 * Runs a program and gives back what it printed.
 * @throws Error with one line: the program, its exit code and the last line that it wrote to standard error.
 */
export function runCommand(
  program: string,
  args: readonly string[],
  options: RunCommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const reason = stderr.trim().split('\n').at(-1) || error.message.split('\n')[0];
      reject(new Error(`${program} failed (${error.code ?? error.signal}): ${reason}`, { cause: error }));
    });
    // A program that ends without reading its input is judged by its exit code, not by the broken pipe.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}
