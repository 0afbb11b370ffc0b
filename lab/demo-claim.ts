// One demo a checkout: who runs it, and what a killed one left behind.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { labFolder } from './engines/lab.ts';
import { sweep } from './engines/lab-claims.ts';
import { identifyProcess } from './engines/processes.ts';

const claimSchema = z.object({
  pid: z.number(),
  /** Null where the machine does not tell (it has no /proc). */
  startedTicks: z.string().nullable(),
  /** Outside the checkout, to be removed when the demo is no more. */
  folder: z.string().nullable(),
});
type Claim = z.infer<typeof claimSchema>;

const read = (path: string): Claim | null => {
  try {
    return claimSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
};

const isAlive = async ({ pid, startedTicks }: Claim): Promise<boolean> => {
  if (startedTicks !== null) return (await identifyProcess(pid))?.startedTicks === startedTicks;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** The right to run the demo of this checkout. */
export type DemoClaim = {
  /** What was swept: the demo before was killed. */
  swept: boolean;
  /** Notes a folder outside the checkout that a next start removes if we are killed. */
  note(folder: string): void;
  release(): void;
};

/**
 * Claims the checkout's demo, after sweeping what a killed one left: engines, namespaces, mounts, folders.
 * @param path of the claim's file
 * @throws Error when another demo runs here.
 */
export const claimDemo = async (path: string): Promise<DemoClaim> => {
  const before = read(path);
  if (before && (await isAlive(before)))
    throw new Error(`A demo of this checkout runs already, as process ${before.pid}: end that one first`);
  if (before?.folder) rmSync(before.folder, { recursive: true, force: true });
  const labs =
    process.platform === 'linux' && process.getuid?.() === 0 ? await sweep({ dir: labFolder() }) : [];
  rmSync(path, { force: true });
  mkdirSync(dirname(path), { recursive: true });
  const identity = await identifyProcess(process.pid);
  const claim: Claim = { pid: process.pid, startedTicks: identity?.startedTicks ?? null, folder: null };
  // `wx`: of two that start at once, one is told so.
  writeFileSync(path, JSON.stringify(claim), { flag: 'wx' });
  return {
    swept: before !== null || labs.length > 0,
    note: (folder) => writeFileSync(path, JSON.stringify({ ...claim, folder })),
    release: () => rmSync(path, { force: true }),
  };
};
