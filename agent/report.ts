// Sends what the agent sees of its host, whenever it changed.

import type { Report } from './contract.ts';
import { failpoint } from './failpoints.ts';
import type { Session } from './link.ts';
import type { Log } from './log.ts';
import type { Observe } from './observe.ts';

/** Watches the host for changes. */
export interface Reporter {
  /** Looks, and sends what it sees whatever was sent before. Resolves when the server has it, or could not be told. */
  attached(session: Session): Promise<void>;
  detached(): void;
  /**
   * The engine broke off what it was telling: it stops, or is gone. The server hears that it was away even when it is back
   * before anybody can look, as with systemd's socket, which takes connections all the while. Not kept for a later
   * connection: by then nobody knows any more what it would be taken for.
   */
  broke(): void;
  /** Look now: something has just happened. Many calls at once are one look, begun after the last of them. */
  look(): void;
  /** Look in a moment: what happened is told otherwise, and the engine is to have its time for whoever acts on it. */
  lookSoon(): void;
  stop(): void;
}

const defaultIntervalMs = 1000;
const brokeOff = 'ENGINE_UNREACHABLE: the engine ended its stream of events';
const soonMs = 250;

/** @param intervalMs - between two looks; one costs the engine 6 to 9 ms (GET /info) */
export function createReporter({
  observe,
  log,
  intervalMs = defaultIntervalMs,
}: {
  observe: Observe;
  log: Log;
  intervalMs?: number;
}): Reporter {
  let session: Session | undefined;
  let lastSent: string | undefined;
  let isBroken = false;
  let current: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  const send = async (report: Report): Promise<void> => {
    const content = JSON.stringify(report);
    const receiver = session;
    if (receiver === undefined || content === lastSent) return;
    await failpoint('report.beforeSend');
    await receiver.report(report);
    // Another connection may have begun meanwhile: it has not been told yet.
    if (receiver === session) lastSent = content;
  };

  const lookOnce = async (): Promise<void> => {
    if (session === undefined) return;
    const wasBroken = isBroken;
    isBroken = false;
    try {
      const seen = await observe();
      await send(
        wasBroken && seen.engine !== null
          ? { ...seen, engine: null, engineFailure: brokeOff, swarm: null, kernel: null }
          : seen,
      );
    } catch (error) {
      isBroken ||= wasBroken && session !== undefined;
      log.warn({ error: error instanceof Error ? error.message : String(error) }, 'the report was not taken');
    }
  };

  const look = (): Promise<void> => {
    next ??= current.then(() => {
      next = undefined;
      current = lookOnce();
      return current;
    });
    return next;
  };

  let soon: NodeJS.Timeout | undefined;
  const timer = setInterval(() => void look(), intervalMs);
  return {
    attached: (next) => {
      session = next;
      lastSent = undefined;
      return look();
    },
    detached: () => {
      session = undefined;
      isBroken = false;
    },
    broke: () => {
      isBroken = session !== undefined;
      void look();
    },
    look: () => void look(),
    lookSoon: () => {
      soon ??= setTimeout(() => {
        soon = undefined;
        void look();
      }, soonMs);
    },
    stop: () => {
      clearInterval(timer);
      clearTimeout(soon);
    },
  };
}
