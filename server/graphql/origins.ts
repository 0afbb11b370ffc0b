// Which web pages of other origins may speak to the API: those that are listed, letter by letter, and no other.
// https://fetch.spec.whatwg.org/#http-cors-protocol
import type { IncomingMessage, ServerResponse } from 'node:http';

export type Origins = {
  /** Whether a socket may be opened: by a page that is listed, or by no page at all (scripts send no Origin). */
  mayConnect(request: IncomingMessage): boolean;
  /** Lets a listed page read the answer. True: the request was a preflight and is answered. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
};

/** Seconds that a browser may remember a preflight's answer. */
const rememberedSeconds = 600;

/** No credentials are ever allowed: a key is presented by the page's own code, not by the browser. */
export const createOrigins = (allowed: readonly string[]): Origins => ({
  mayConnect: ({ headers: { origin } }) => origin === undefined || allowed.includes(origin),
  answer: ({ method, headers: { origin } }, response) => {
    if (allowed.length > 0) response.setHeader('vary', 'Origin');
    const isListed = origin !== undefined && allowed.includes(origin);
    if (isListed) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-expose-headers', 'Retry-After');
    }
    if (method !== 'OPTIONS') return false;
    if (isListed) {
      response.setHeader('access-control-allow-methods', 'POST');
      response.setHeader('access-control-allow-headers', 'Authorization, Content-Type');
      response.setHeader('access-control-max-age', rememberedSeconds);
      response.writeHead(204).end();
    } else response.writeHead(405, { allow: 'POST' }).end();
    return true;
  },
});
