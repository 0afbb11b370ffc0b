// Seals by itself what is older than the history is to be kept in the database.
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { SealHistory } from './seal-history.ts';

const everyMs = 6 * 3_600_000;
const dayMs = 24 * 3_600_000;

/** @param days null: only what is sealed already is deleted, where an earlier process was stopped in between. */
export const startRetention = ({
  sealHistory,
  days,
  clock,
  log,
}: {
  sealHistory: SealHistory;
  days: number | null;
  clock: Clock;
  log: Log;
}): { stop(): Promise<void> } => {
  const look = async (): Promise<void> => {
    try {
      await sealHistory.finish();
      const before = days === null ? null : new Date(clock.now().getTime() - days * dayMs);
      const last = before && (await sealHistory.lastBefore(before));
      if (last) await sealHistory.upTo(last);
    } catch (error) {
      log.error({ err: error }, 'the history could not be sealed');
    }
  };
  let running = look();
  const timer = setInterval(() => {
    running = running.then(look);
  }, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
};
