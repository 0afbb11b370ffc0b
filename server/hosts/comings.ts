// The log of agents that come and go: a line for each, and one for all of a tenth of a second when they are many.
import type { Log } from '../platform/log.ts';

const gatherMs = 100;
/** Of one line. */
const mostHosts = 200;

type Told = { host: string; name: string };

/** @returns what notes one; the first is written at once, and those that follow soon together. */
export const createComings = (log: Log, one: string, many: string): ((told: Told) => void) => {
  /** Null: none came within the last tenth of a second. */
  let waiting: Told[] | null = null;
  const write = (next: Told[] | null): void => {
    const all = waiting ?? [];
    waiting = next;
    if (all.length === 1) log.info(all[0], one);
    else if (all.length > 1) log.info({ count: all.length, hosts: all }, many);
  };
  return (told) => {
    if (waiting !== null) {
      waiting.push(told);
      if (waiting.length === mostHosts) write([]);
      return;
    }
    log.info(told, one);
    waiting = [];
    setTimeout(write, gatherMs, null);
  };
};
