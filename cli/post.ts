// What the client needs of fetch, over node:http: Node's own fetch takes as long to load as all the rest of the command.
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';

type Asked = { method: string; headers: Record<string, string>; body: string; signal: AbortSignal };
type Answer = { status: number; text(): Promise<string> };

const textOf = async (response: IncomingMessage): Promise<string> => {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
};

type Request = (
  url: URL,
  options: RequestOptions,
  onAnswer: (answer: IncomingMessage) => void,
) => ClientRequest;

const requestOf = async (url: URL): Promise<Request> =>
  url.protocol === 'https:' ? (await import('node:https')).request : (await import('node:http')).request;

const post = async (address: string, { method, headers, body, signal }: Asked): Promise<Answer> => {
  const url = new URL(address);
  const request = await requestOf(url);
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    request(url, { method, headers: { ...headers, ...length }, signal }, (response) =>
      resolve({ status: response.statusCode ?? 0, text: () => textOf(response) }),
    )
      .once('error', reject)
      .end(body);
  });
};

/** The part of `fetch` that the client uses. */
export const fetchByPost = post as unknown as typeof globalThis.fetch;
