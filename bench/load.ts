// Load over HTTP: a number of connections that ask one thing after the other.
import { Agent, request } from 'node:http';

/** A POST that is sent again and again; `body` may be another one each time. */
export type Shot = { url: string; body: string | (() => string); headers?: Readonly<Record<string, string>> };

/**
 * Sends `count` requests over `connections` kept connections, each of which waits for its answer before the next.
 * @returns how long each took, in ms, in the order of their ends.
 * @throws Error at an answer other than 200, or one that `accepts` refuses.
 */
export const load = async (
  { url, body, headers = {} }: Shot,
  {
    count,
    connections,
    accepts = () => true,
  }: { count: number; connections: number; accepts?: (body: string) => boolean },
): Promise<number[]> => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const options = {
    method: 'POST',
    agent,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...headers,
    },
  };
  const once = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const text = typeof body === 'string' ? body : body();
      const sized = {
        ...options,
        headers: { ...options.headers, 'content-length': Buffer.byteLength(text) },
      };
      request(url, sized, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part)).once('error', reject);
        response.once('end', () => {
          const answer = Buffer.concat(parts).toString();
          if (response.statusCode === 200 && accepts(answer)) resolve();
          else reject(new Error(`${url}: ${response.statusCode} ${answer.slice(0, 300)}`));
        });
      })
        .once('error', reject)
        .end(text);
    });
  const tookMs: number[] = [];
  let begun = 0;
  const connection = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const began = performance.now();
      await once();
      tookMs.push(performance.now() - began);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, connection));
    return tookMs;
  } finally {
    agent.destroy();
  }
};
