// Where an agent's calls of its engine stand within the command that they were made for. The agent's clock is its own:
// it tells how long after the beginning each call was, and nothing of when that was.
import type { EngineTimes } from '../hosts/commands.ts';

export type PlacedCall = { method: string; path: string; status: number | null; start: number; end: number };

/** An agent may be broken, or in other hands: what does not look like a call of the engine is left out. */
const isCall = ({ method, path, status, offsetMs, durationMs }: EngineTimes['calls'][number]): boolean =>
  /^(GET|POST|PUT|DELETE|HEAD)$/.test(method) &&
  /^(\/([a-z_]{1,40}|\{id\})){1,4}$/.test(path) &&
  (status === null || status === undefined || (status >= 100 && status <= 599)) &&
  offsetMs >= 0 &&
  durationMs >= 0;

const mostCalls = 100;

/**
 * In the middle of the command's time, as if the ways there and back took the same; never beyond its ends.
 * @param start of the command, milliseconds, as `end` and what is returned.
 */
export const placeCalls = ({ tookMs, calls }: EngineTimes, start: number, end: number): PlacedCall[] => {
  const within = (at: number): number => Math.min(Math.max(at, start), end);
  const begun = start + Math.max(0, end - start - Math.max(0, tookMs)) / 2;
  return calls
    .slice(0, mostCalls)
    .filter(isCall)
    .map(({ method, path, status, offsetMs, durationMs }) => ({
      method,
      path,
      status: status ?? null,
      start: within(begun + offsetMs),
      end: within(begun + offsetMs + durationMs),
    }));
};
