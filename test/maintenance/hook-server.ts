// An HTTP server that stands where an operator's own would: it keeps what it was told and answers as the test wants.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = number | 'never' | 'hang up';

export type HookServer = {
  url: string;
  calls: { key: string; body: Record<string, any> }[];
  /** How it answers from now on. */
  answer(how: Answer): void;
  stop(): Promise<void>;
};

export const startHookServer = async (): Promise<HookServer> => {
  let how: Answer = 204;
  const calls: HookServer['calls'] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    calls.push({ key: String(request.headers['idempotency-key']), body: JSON.parse(text) });
    if (how === 'hang up') request.socket.destroy();
    else if (how !== 'never') response.writeHead(how, how === 302 ? { location: '/elsewhere' } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    calls,
    answer: (next) => {
      how = next;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
