// The command line's start: from spawn until its first question is at the server, and until it has ended when it asks nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Measure } from '../measure.ts';
import { alternate, median } from '../rounds.ts';

const built = fileURLToPath(new URL('../../dist/skep.cjs', import.meta.url));

/** Runs a program to its end. @returns ms from spawn to the end. @throws Error when it ends otherwise than it should */
const runOnce = async (args: readonly string[], env: NodeJS.ProcessEnv, code: number): Promise<number> => {
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const [ended] = await once(child, 'exit');
  if (ended !== code) throw new Error(`${args.join(' ')} ended with ${ended}: ${told}`);
  return performance.now() - began;
};

/** Answers every question with no node at all. */
const startStandIn = async (onQuestion: () => void): Promise<Server> => {
  const server = createServer((request, response) => {
    onQuestion();
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end('{"data":{"nodes":{"edges":[],"pageInfo":{"hasNextPage":false,"endCursor":null}}}}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

const medianOf = async (times: number, take: () => Promise<number>): Promise<number> => {
  const tookMs: number[] = [];
  for (let time = 0; time < times; time += 1) tookMs.push(await take());
  return median(tookMs);
};

export const cliStart: Measure = {
  rows: [
    {
      id: 'cliStart',
      what: '`skep --version` from spawn to its end, against an empty node process',
      unit: 'ms',
      compare: 'ratio',
      goal: 3,
    },
    {
      id: 'cliAsk',
      what: '`skep node ls` from spawn until its question is at the server, against a whole empty node process',
      unit: 'ms',
      compare: 'ratio',
      goal: 3,
    },
  ],
  run: async (context) => {
    const dir = mkdtempSync(join(tmpdir(), 'skep-cli-'));
    await context.own(
      async () => dir,
      () => rmSync(dir, { recursive: true }),
    );
    let askedAt = 0;
    const server = await context.own(
      () =>
        startStandIn(() => {
          askedAt = performance.now();
        }),
      (started) => void started.close(),
    );
    const empty = join(dir, 'empty.cjs');
    writeFileSync(empty, '');
    const { port } = server.address() as AddressInfo;
    const env = {
      HOME: dir,
      SKEP_SERVER: `http://127.0.0.1:${port}`,
      SKEP_KEY: `skep_key_00000000_${'x'.repeat(43)}`,
    };
    const ask = async (): Promise<number> => {
      const began = performance.now();
      await runOnce([built, 'node', 'ls'], env, 0);
      if (askedAt < began) throw new Error('it asked nothing');
      return askedAt - began;
    };
    // The file comes into the page cache.
    await ask();
    const times = context.short ? 1 : 5;
    const reference = () => medianOf(times, () => runOnce([empty], {}, 0));
    const start = () => medianOf(times, () => runOnce([built, '--version'], env, 0));
    return {
      cliStart: await alternate(context.rounds, { ours: start, reference }),
      cliAsk: await alternate(context.rounds, { ours: () => medianOf(times, ask), reference }),
    };
  },
};
