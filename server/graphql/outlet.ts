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

/**
 * A text message as a server sends it: unmasked, so that the same bytes do for every socket, and uncompressed.
 * https://datatracker.ietf.org/doc/html/rfc6455#section-5.2
 */
export const textFrame = (text: string): Buffer => {
  const length = Buffer.byteLength(text);
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = 0x81;
  if (head === 2) frame[1] = length;
  else if (head === 4) frame.writeUInt16BE(length, 2);
  else frame.writeBigUInt64BE(BigInt(length), 2);
  if (head !== 2) frame[1] = head === 4 ? 126 : 127;
  frame.write(text, head);
  return frame;
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
