// Peers that do not read what they asked for: after a while their connection is cut, so that nothing is held for them.

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export type SlowReaderLimits = {
  /** More than this waiting for the peer is too much, even while it reads a little. @default 1,000,000 */
  mostBytes: number;
  /** For so long it may be too much, or the peer may read nothing at all. @default 30 */
  seconds: number;
};

export const slowReaderLimits: SlowReaderLimits = { mostBytes: 1_000_000, seconds: 30 };

export type SlowReaders = {
  /** Until it has closed. The same one again is as good as once. */
  watch(socket: Duplex): void;
  stop(): void;
};

/** A subscriber that is cut off comes back with its cursor and misses nothing. */
export const createSlowReaders = ({
  mostBytes,
  seconds,
}: SlowReaderLimits = slowReaderLimits): SlowReaders => {
  /** When each was last seen to read well, and how much it had taken then. */
  const watched = new Map<Socket, { well: number; taken: number }>();
  const look = (): void => {
    const now = performance.now();
    for (const [socket, seen] of watched) {
      // Seen here, and not heard of: a listener for each would be held as long as its socket.
      if (socket.destroyed) {
        watched.delete(socket);
        continue;
      }
      const waiting = socket.writableLength;
      const taken = socket.bytesWritten - waiting;
      const reads = waiting === 0 || (taken > seen.taken && waiting <= mostBytes);
      if (reads) Object.assign(seen, { well: now, taken });
      else if (now - seen.well > seconds * 1_000) socket.destroy();
    }
  };
  const timer = setInterval(look, Math.min(1_000, seconds * 250)).unref();
  return {
    watch: (socket) => {
      if (!(socket instanceof Socket) || watched.has(socket)) return;
      watched.set(socket, { well: performance.now(), taken: 0 });
    },
    stop: () => clearInterval(timer),
  };
};
