// The server's start with a long history, from spawn until it listens, against a node process that prints a line.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Measure } from '../measure.ts';
import { alternate, median } from '../rounds.ts';
import { folderWithHistory } from '../seed-history.ts';

const entry = fileURLToPath(new URL('../../dist/server.cjs', import.meta.url));

/**
 * Starts a node process, waits for a line that has the text, and stops it. @returns ms from spawn to the line.
 * @throws Error when it ends without.
 */
const startOnce = async (
  args: readonly string[],
  text: string,
  env: NodeJS.ProcessEnv = {},
): Promise<number> => {
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'close');
  const lines: string[] = [];
  const tookMs = new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (line.includes(text)) resolve(performance.now() - began);
    });
    child.once('error', reject).once('close', () => reject(new Error(`it ended: ${lines.join('\n')}`)));
  });
  try {
    return await tookMs;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
};

const medianOf = async (times: number, start: () => Promise<number>): Promise<number> => {
  const tookMs: number[] = [];
  for (let time = 0; time < times; time += 1) tookMs.push(await start());
  return median(tookMs);
};

export const serverStart: Measure = {
  rows: [
    {
      id: 'serverStart',
      what: 'Start of the server with 1,000,000 audit records, until it listens, against a node process that prints a line',
      unit: 'ms',
      compare: 'ratio',
      goal: 4,
    },
  ],
  run: async (context) => {
    const dir = await folderWithHistory(context, context.short ? 5_000 : 1_000_000);
    const env = { SKEP_DATA_DIR: join(dir, 'data'), SKEP_PORT: '0' };
    const server = () => startOnce([entry], '"msg":"listening"', env);
    const empty = () => startOnce(['-e', 'console.log("up")'], 'up');
    // The first start makes keys, and brings the files into the page cache.
    await server();
    const times = context.short ? 1 : 3;
    return {
      serverStart: await alternate(context.rounds, {
        ours: () => medianOf(times, server),
        reference: () => medianOf(times, empty),
      }),
    };
  },
};
