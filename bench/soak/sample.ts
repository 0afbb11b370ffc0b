// One look at the server and at an agent under soak: heaps after a forced garbage collection, handles, files.
import { readdirSync, statSync } from 'node:fs';
import { memoryOf } from '../cpu.ts';
import type { Inspector } from '../inspector.ts';
import type { Counts } from './load.ts';

export type Sample = {
  minute: number;
  heapUsedKb: number;
  externalKb: number;
  rssKb: number;
  /** What keeps the server's loop alive: sockets, timers. */
  handles: number;
  fds: number;
  agentHeapUsedKb: number;
  databaseKb: number;
  logKb: number;
} & Counts;

const kb = (bytes: number): number => Math.round(bytes / 1_024);
const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
const memory = 'process.memoryUsage()';

export const sampleOf = async ({
  minute,
  server,
  agent,
  pid,
  dataDir,
  logPath,
  counts,
}: {
  minute: number;
  server: Inspector;
  agent: Inspector;
  pid: number;
  dataDir: string;
  logPath: string;
  counts: Counts;
}): Promise<Sample> => {
  await Promise.all([server.collectGarbage(), agent.collectGarbage()]);
  const { heapUsed, external } = await server.evaluate<NodeJS.MemoryUsage>(memory);
  return {
    minute: Number(minute.toFixed(3)),
    heapUsedKb: kb(heapUsed),
    externalKb: kb(external),
    rssKb: memoryOf(pid).rssKb,
    handles: await server.evaluate<number>('process.getActiveResourcesInfo().length'),
    fds: readdirSync(`/proc/${pid}/fd`).length,
    agentHeapUsedKb: kb((await agent.evaluate<NodeJS.MemoryUsage>(memory)).heapUsed),
    databaseKb: kb(readdirSync(dataDir).reduce((sum, file) => sum + sizeOf(`${dataDir}/${file}`), 0)),
    logKb: kb(sizeOf(logPath)),
    ...counts,
  };
};
