// Pings, so that a socket whose peer is gone is found out: one timer for all of them, a few sockets at each of its ticks.
import type { WebSocket } from 'ws';

export type KeepAlive = {
  /** Until it closes. */
  watch(socket: WebSocket): void;
  stop(): void;
};

const ticks = 40;

/** Terminates a socket that has not answered a ping when the next is due. @param everyMs between two pings of one. */
export const createKeepAlive = (everyMs: number): KeepAlive => {
  const turns = Array.from({ length: ticks }, () => new Set<WebSocket>());
  const leave = turns.map(
    (turn) =>
      function closed(this: WebSocket): void {
        turn.delete(this);
      },
  );
  const unanswered = new WeakSet<WebSocket>();
  let next = 0;
  let newest = 0;
  function answered(this: WebSocket): void {
    unanswered.delete(this);
  }
  const tick = (): void => {
    for (const socket of turns[next] ?? []) {
      if (unanswered.has(socket)) socket.terminate();
      else if (socket.readyState === socket.OPEN) {
        unanswered.add(socket);
        socket.ping();
      }
    }
    next = (next + 1) % ticks;
  };
  const timer = setInterval(tick, everyMs / ticks).unref();
  return {
    watch: (socket) => {
      // One after the other: those that came at once must not be pinged at once for ever.
      newest = (newest + 1) % ticks;
      turns[newest]?.add(socket);
      socket.on('pong', answered).on('close', leave[newest] ?? answered);
    },
    stop: () => clearInterval(timer),
  };
};
