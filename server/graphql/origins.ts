// Which web pages may speak to the API: the console's own, and of other origins those that are listed, letter by letter.
// https://fetch.spec.whatwg.org/#http-cors-protocol
import type { IncomingMessage, ServerResponse } from 'node:http';

export type Origins = {
  /**
   * Whether it is the console's own page that asks. Who sends no Origin is not: but a browser, which says by itself that
   * a GET is of the same origin (https://w3c.github.io/webappsec-fetch-metadata/).
   */
  isOwn(request: IncomingMessage): boolean;
  /** Whether a socket may be opened: by the own page, one that is listed, or no page at all (scripts send no Origin). */
  mayConnect(request: IncomingMessage): boolean;
  /** Lets a listed page read the answer. True: the request was a preflight and is answered. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
};

/** Seconds that a browser may remember a preflight's answer. */
const rememberedSeconds = 600;

/** Where the console is. */
export type OwnOrigin = {
  /** Browsers reach the server by TLS. */
  secure: boolean;
  /** Another address than the one that they ask for (Host), as they see it; null: none. */
  origin: string | null;
};

const isOwnOf =
  ({ secure, origin: own }: OwnOrigin): Origins['isOwn'] =>
  ({ method, headers: { origin, host, 'sec-fetch-site': site } }) => {
    if (origin === undefined) return method === 'GET' && site === 'same-origin';
    return origin === own || (host !== undefined && origin === `${secure ? 'https' : 'http'}://${host}`);
  };

/** No credentials are ever allowed to another origin: a key is presented by the page's own code, not by the browser. */
export const createOrigins = (allowed: readonly string[], own: OwnOrigin, isOwn = isOwnOf(own)): Origins => ({
  isOwn,
  mayConnect: (request) => {
    const { origin } = request.headers;
    return origin === undefined || allowed.includes(origin) || isOwn(request);
  },
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
