// The socket under a link: ended for good within half a second, and asked whether anybody is there.
import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { LinkSocket } from './links.ts';

/** A peer that does not answer the closing is not waited for. */
const closeWithinMs = 500;
/** Of an agent that lives: two round trips and a busy machine. Longer than any pause of a healthy one. */
const answerWithinMs = 5_000;

export const linkSocketOf = (socket: WebSocket): LinkSocket => ({
  close: (code, reason) => {
    socket.close(code, reason);
    setTimeout(() => socket.terminate(), closeWithinMs).unref();
  },
  probe: () =>
    new Promise((resolve) => {
      if (socket.readyState !== socket.OPEN) return resolve(false);
      // The heartbeat's pongs carry nothing: one of them may have been under way for long.
      const asked = randomBytes(8);
      const end = (isThere: boolean): void => {
        clearTimeout(timer);
        socket.off('pong', heard).off('close', closed);
        resolve(isThere);
      };
      const heard = (data: Buffer): void => {
        if (data.equals(asked)) end(true);
      };
      const closed = (): void => end(false);
      const timer = setTimeout(closed, answerWithinMs);
      socket.on('pong', heard).on('close', closed);
      socket.ping(asked);
    }),
});
