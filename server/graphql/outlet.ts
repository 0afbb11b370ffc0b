// The sending side of one socket: frames that are made once and written to many, and word of when there is room again.
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

/** A socket and the connection under it. ws writes each of its frames to that at once, so that ours fall between. */
export type Outlet = {
  readonly socket: WebSocket;
  readonly stream: Duplex;
  /** Called once all that waits for the peer is sent. */
  waiting: Set<() => void> | null;
};

/** Whole frames. To a socket that closes or is gone nothing is sent. */
export const writeTo = ({ socket, stream }: Outlet, frames: Buffer): void => {
  if (socket.readyState === WebSocket.OPEN) stream.write(frames);
};

/** The peer has not taken what it was sent: no more until it has. */
export const isFull = ({ stream }: Outlet): boolean => stream.writableLength >= stream.writableHighWaterMark;

/** Calls once a peer that was full has taken all. @returns what forgets the call. */
export const onceDrained = (outlet: Outlet, listener: () => void): (() => void) => {
  if (outlet.waiting === null) {
    outlet.waiting = new Set();
    outlet.stream.once('drain', () => {
      const listeners = outlet.waiting;
      outlet.waiting = null;
      for (const each of listeners ?? []) each();
    });
  }
  outlet.waiting.add(listener);
  return () => void outlet.waiting?.delete(listener);
};
