// The port of the demo's server.
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './processes.ts';

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

/**
 * The wanted port, or 4000; where that is taken a free one, which is said.
 * @param patienceMs how long a killed demo's server is given to end
 */
export const choosePort = async (
  wanted: number | null,
  patienceMs: number,
  say: (line: string) => void,
): Promise<number> => {
  const port = wanted ?? 4_000;
  const deadline = performance.now() + patienceMs;
  for (;;) {
    if (await isFree(port)) return port;
    if (performance.now() >= deadline) break;
    await delay(100);
  }
  const other = await freePort();
  say(`server: port ${port} is taken, so it is ${other}`);
  return other;
};
