// Node's inspector over loopback: collects garbage and evaluates an expression in a running process.
import { readFileSync } from 'node:fs';
import WebSocket from 'ws';
import { until } from '../test/support/until.ts';

/** The environment of a process that is to be looked into. */
export const inspected = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/** Node prints where its inspector listens; the product has no door for this. */
const inspectorOf = (logPath: string): Promise<string> =>
  until(
    () =>
      readFileSync(logPath, 'utf8')
        .match(/ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/g)
        ?.at(-1) ?? null,
    'an inspector',
  );

export type Inspector = {
  collectGarbage(): Promise<void>;
  /** The value of an expression, which must be JSON. */
  evaluate<T>(expression: string): Promise<T>;
  close(): void;
};

/** @param logPath what a process prints that was started with {@link inspected}. */
export const connectInspector = async (logPath: string): Promise<Inspector> => {
  const socket = new WebSocket(await inspectorOf(logPath), { perMessageDeflate: false });
  const waiting = new Map<number, (message: { result?: any; error?: unknown }) => void>();
  let count = 0;
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  });
  const ask = (method: string, params: object = {}): Promise<any> =>
    new Promise((resolve, reject) => {
      count += 1;
      waiting.set(count, ({ result, error }) =>
        error ? reject(new Error(JSON.stringify(error))) : resolve(result),
      );
      socket.send(JSON.stringify({ id: count, method, params }));
    });
  return {
    collectGarbage: async () => {
      // Twice: what the first one's finalizers let go is gone after the second.
      await ask('HeapProfiler.collectGarbage');
      await ask('HeapProfiler.collectGarbage');
    },
    evaluate: async (expression) => {
      const { result } = await ask('Runtime.evaluate', {
        expression: `JSON.stringify(${expression})`,
        returnByValue: true,
      });
      return JSON.parse(result.value);
    },
    close: () => socket.terminate(),
  };
};
