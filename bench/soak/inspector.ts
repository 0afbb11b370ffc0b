// Node's inspector over loopback: collects garbage and evaluates an expression in a running process.
import WebSocket from 'ws';

export type Inspector = {
  collectGarbage(): Promise<void>;
  /** The value of an expression, which must be JSON. */
  evaluate<T>(expression: string): Promise<T>;
  close(): void;
};

/** @param url as the process printed it. */
export const connectInspector = async (url: string): Promise<Inspector> => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
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
