// Pings, so that a socket whose peer is gone is found out: one timer for all of them, a few sockets at each of its ticks.
import type { WebSocket } from 'ws';

export type KeepAlive = {
  /** Until it closes. */
  watch(socket: WebSocket): void;
  stop(): void;
};

const ticks = 12;

/** Terminates a socket that has not answered a ping when the next is due. @param everyMs between two pings of one. */
export const createKeepAlive = (everyMs = 12_000): KeepAlive => {
  const turns = Array.from({ length: ticks }, () => new Set<WebSocket>());
  const unanswered = new Set<WebSocket>();
  let next = 0;
  function answered(this: WebSocket): void {
    unanswered.delete(this);
  }
  function closed(this: WebSocket): void {
    unanswered.delete(this);
    for (const turn of turns) turn.delete(this);
  }
  const tick = (): void => {
    for (const socket of turns[next] ?? []) {
      if (unanswered.has(socket)) {
        socket.terminate();
        continue;
      }
      unanswered.add(socket);
      socket.ping();
    }
    next = (next + 1) % ticks;
  };
  const timer = setInterval(tick, everyMs / ticks).unref();
  return {
    watch: (socket) => {
      // The one that has just been: a whole round until the first ping.
      turns[(next + ticks - 1) % ticks]?.add(socket);
      socket.on('pong', answered).once('close', closed);
    },
    stop: () => clearInterval(timer),
  };
};
