// Speaks plain HTTP to an engine's socket: enough to ask whether it answers and to bring an image.
import { request } from 'node:http';
import type { Readable } from 'node:stream';

/** One call to the Engine API. */
export interface EngineCall {
  /** Default GET. */
  method?: string;
  /** With or without an API version, for example `/_ping`. */
  path: string;
  /** Sent as JSON, or as it is when it is a stream (a tar archive). */
  body?: object | Readable;
  /** How long the engine may be silent; default 30,000. */
  timeoutMs?: number;
}

/** The engine's answer, whatever its status. */
export interface EngineAnswer {
  status: number;
  text: string;
}

/**
 * Makes one call on a connection of its own.
 * @throws Error when the socket does not answer (ENOENT, ECONNREFUSED, ETIMEDOUT).
 */
export function callEngine(socketPath: string, call: EngineCall): Promise<EngineAnswer> {
  const { method = 'GET', path, body, timeoutMs = 30_000 } = call;
  return new Promise((resolve, reject) => {
    const isStream = body !== undefined && 'pipe' in body;
    const headers = body ? { 'content-type': isStream ? 'application/x-tar' : 'application/json' } : {};
    const outgoing = request({ socketPath, method, path, headers, agent: false, timeout: timeoutMs });
    outgoing.once('timeout', () =>
      outgoing.destroy(new Error(`ETIMEDOUT: ${method} ${path} at ${socketPath}`)),
    );
    outgoing.once('error', reject);
    outgoing.once('response', async (incoming) => {
      try {
        let text = '';
        for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
        resolve({ status: incoming.statusCode ?? 0, text });
      } catch (error) {
        reject(error);
      }
    });
    if (isStream) body.once('error', (error) => outgoing.destroy(error)).pipe(outgoing);
    else outgoing.end(body && JSON.stringify(body));
  });
}
