// The bytes of a request's body, of a bounded size.
import type { IncomingMessage } from 'node:http';

/** How long the rest of what is too large is read and dropped: who is answered while it sends loses the answer. */
const drainMs = 1_000;

/** Rejects with what the caller makes of a body that has more than `most` bytes, or that ends before its end. */
export const readBytes = (
  request: IncomingMessage,
  most: number,
  { tooLarge, endedEarly }: { tooLarge: () => Error; endedEarly: () => Error },
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    /** Also told after the end of each request: an error that nobody hears of is not made. */
    const endEarly = (): void => {
      if (!request.readableEnded) reject(endedEarly());
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes <= most) return void chunks.push(chunk);
      request.off('data', onData).resume();
      setTimeout(() => reject(tooLarge()), drainMs).unref();
    };
    request
      .on('data', onData)
      .once('end', () => (bytes > most ? reject(tooLarge()) : resolve(Buffer.concat(chunks))))
      .once('error', endEarly)
      .once('close', endEarly);
  });
