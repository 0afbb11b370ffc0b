// A receiver of webhooks, as somebody would run one: it keeps what came, to the byte, and answers as the test wants.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { until } from '../support/until.ts';

type Answer = number | 'never' | 'hang up';

export type Received = {
  id: string;
  headers: Record<string, string>;
  /** As it came. */
  text: string;
  /** `type`, `timestamp`, `data`. */
  body: Record<string, any>;
};

export type Receiver = {
  /** It has a secret in it, which nothing may tell. */
  url: string;
  port: number;
  received: Received[];
  /** How it answers from now on; `times`: so often, then 204 again. */
  answer(how: Answer, times?: number): void;
  /** The first of a type that has come, or comes. */
  of(type: string, matches?: (data: Record<string, any>) => boolean): Promise<Received>;
  /** Takes no connection any more. */
  close(): Promise<void>;
  /** Takes them again, on the same port. */
  open(): Promise<void>;
};

export const secretOfAddress = 'path-that-nobody-may-see';

/** What the package of the specification says of it. @throws Error: it is not signed by the secret. */
export const verified = (secret: string, { text, headers }: Received): any =>
  new Webhook(secret).verify(text, headers);

export const startReceiver = async (): Promise<Receiver> => {
  let how: Answer = 204;
  let left = Number.POSITIVE_INFINITY;
  const received: Received[] = [];
  const make = () =>
    createServer(async (request, response) => {
      let text = '';
      for await (const part of request) text += part;
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      received.push({ id: headers['webhook-id'] ?? '', headers, text, body: JSON.parse(text) });
      const now = left > 0 ? how : 204;
      left -= 1;
      if (now === 'hang up') request.socket.destroy();
      else if (now !== 'never') response.writeHead(now, now === 302 ? { location: '/elsewhere' } : {}).end();
    });
  let server = make();
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/${secretOfAddress}?token=also-secret`,
    port,
    received,
    answer: (next, times = Number.POSITIVE_INFINITY) => {
      how = next;
      left = times;
    },
    of: (type, matches = () => true) =>
      until(
        () => received.find(({ body }) => body.type === type && matches(body.data)),
        `a message of the type ${type}; there are ${received.map(({ body }) => body.type)}`,
        30_000,
      ),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    open: async () => {
      server = make();
      await listen(port);
    },
  };
};
