// The log of agents that come and go: a line for each, and one for all of a tenth of a second when they are many.
import type { Log } from '../platform/log.ts';

const gatherMs = 100;
/** Of one line. */
const mostHosts = 200;

type Told = { host: string; name: string };

/** @returns what notes one; the first is written at once, and those that follow soon together. */
export const createComings = (log: Log, one: string, many: string): ((told: Told) => void) => {
  let waiting: Told[] | null = null;
  const write = (): void => {
    const all = waiting ?? [];
    waiting = null;
    if (all.length === 1) log.info(all[0], one);
    else if (all.length > 1) log.info({ count: all.length, hosts: all }, many);
  };
  return (told) => {
    if (waiting === null) {
      log.info(told, one);
      waiting = [];
      setTimeout(write, gatherMs);
      return;
    }
    waiting.push(told);
    if (waiting.length < mostHosts) return;
    const all = waiting;
    waiting = [];
    log.info({ count: all.length, hosts: all }, many);
  };
};
