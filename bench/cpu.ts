// What a running process has used, from the kernel's books.
import { readdirSync, readFileSync } from 'node:fs';

/** The tasks of a process that is gone meanwhile count nothing. */
const readOrNothing = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/**
 * CPU time that the threads of a process have used so far, in milliseconds, to the nanosecond. Node's threads live as
 * long as their process; one that ended would be missing.
 * @throws Error when there is no such process.
 */
export const cpuMs = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readOrNothing(`/proc/${pid}/task/${task}/schedstat`).split(' ', 1)[0]))
    .reduce((sum, ns) => sum + ns / 1e6, 0);

/** What the process has in memory now, in kB. `pssKb` shares out what several processes have in common. */
export const memoryOf = (pid: number): { rssKb: number; pssKb: number } => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
  return { rssKb: field('Rss'), pssKb: field('Pss') };
};

/** Runs `work` and gives the CPU time that the process used meanwhile, in milliseconds. */
export const cpuMsDuring = async (pid: number, work: () => Promise<void>): Promise<number> => {
  const before = cpuMs(pid);
  await work();
  return cpuMs(pid) - before;
};
