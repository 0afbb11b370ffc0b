// Tells processes apart by pid and start time, so that a reused pid is never taken for the old process.
import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process as the kernel tells it apart: its pid and its start time in clock ticks since boot. */
export interface ProcessIdentity {
  pid: number;
  startedTicks: string;
}

/** The identity of a running process; null when it is gone or a zombie (which `kill -0` would call alive). */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // proc(5): field 2 is the name in parentheses and may hold anything; field 3 is the state, field 22 the start.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startedTicks] = [fields[0], fields[19]];
  return state && startedTicks && !'ZX'.includes(state) ? { pid, startedTicks } : null;
}

/** Whether that very process still runs. */
export async function isRunning({ pid, startedTicks }: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(pid))?.startedTicks === startedTicks;
}

/** The processes whose network namespace has this inode number, wherever they run otherwise. */
export async function processesInNetwork(inode: number): Promise<ProcessIdentity[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const inside = await Promise.all(
    pids.map(async (pid) => {
      const network = await readlink(`/proc/${pid}/ns/net`).catch(() => '');
      return network === `net:[${inode}]` ? identifyProcess(pid) : null;
    }),
  );
  return inside.filter((process) => process !== null);
}
