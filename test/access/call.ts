// One root field asked over HTTP (a subscription: SSE) or over a WebSocket: the first answer's data, or the error's code.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { ServerProcess } from '../../lab/processes.ts';

export type Answered = { code: string | null; data: Record<string, any> | null };
export type Call = (
  server: ServerProcess,
  key: string | null,
  query: string,
  variables?: Record<string, unknown>,
) => Promise<Answered>;

type Result = { data?: unknown; errors?: readonly { extensions?: Record<string, unknown> }[] };

const answered = ({ data, errors }: Result): Answered => ({
  code: errors?.[0] ? String(errors[0].extensions?.code) : null,
  data: (data ?? null) as Answered['data'],
});

/** The data of the first event of a stream that is an answer. */
const firstOfStream = async (response: Response): Promise<Result> => {
  let text = '';
  const stream = response.body?.pipeThrough(new TextDecoderStream());
  if (!stream) throw new Error('a stream without a body');
  for await (const chunk of stream) {
    text += chunk;
    const data = /^event: next\ndata: (.*)\n\n/m.exec(text)?.[1];
    if (data) return JSON.parse(data) as Result;
  }
  throw new Error(`the stream ended without an answer: ${text}`);
};

export const overHttp: Call = async ({ url }, key, query, variables = {}) => {
  const stop = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: query.startsWith('subscription') ? 'text/event-stream' : 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ query, variables }),
    signal: stop.signal,
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  const result = isStream ? await firstOfStream(response) : ((await response.json()) as Result);
  stop.abort();
  return answered(result);
};

/** Without a valid key the connection itself is refused: `4403`. */
export const overWebSocket: Call = async ({ socketUrl }, key, query, variables = {}) => {
  const client = createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: key === null ? {} : { authorization: `Bearer ${key}` },
    retryAttempts: 0,
  });
  try {
    for await (const result of client.iterate({ query, variables })) return answered(result as Result);
    throw new Error('ended without an answer');
  } catch (error) {
    if (Array.isArray(error)) return answered({ errors: error });
    if (error !== null && typeof error === 'object' && 'code' in error)
      return { code: String(error.code), data: null };
    throw error;
  } finally {
    await client.dispose();
  }
};
