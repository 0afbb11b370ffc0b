// Subscribers by the thousand, in a process of their own: they count what they are sent, and say it to who asks by HTTP.
import { createServer } from 'node:http';
import WebSocket from 'ws';
import { listenAndTell, readInput } from './begin.ts';

/** What a peer of subscribers is given. */
export type Subscribing = {
  url: string;
  count: number;
  /** Null: they only listen. */
  graphql: { key: string; query: string; variables: Record<string, unknown> } | null;
};

const { url, count, graphql } = await readInput<Subscribing>();
let ready = 0;
let frames = 0;
let sample = '';

const subscribe = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, ['graphql-transport-ws'], { perMessageDeflate: false });
    socket.once('error', reject).once('close', () => process.exit(1));
    const begun = (): void => {
      ready += 1;
      resolve();
    };
    socket.once('open', () => {
      if (!graphql) return begun();
      const payload = { authorization: `Bearer ${graphql.key}` };
      socket.send(JSON.stringify({ type: 'connection_init', payload }));
    });
    if (graphql) {
      const { query, variables } = graphql;
      socket.once('message', () => {
        socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query, variables } }));
        // The answer to a ping comes after what was sent before it was looked at.
        socket.ping();
        socket.once('pong', begun);
        socket.on('message', counted);
      });
    } else socket.on('message', counted);
  });
const counted = (data: unknown): void => {
  frames += 1;
  if (sample === '') sample = String(data);
};

listenAndTell(createServer((_, response) => void response.end(JSON.stringify({ ready, frames, sample }))));
// Few at a time: those that have not said who they are, are limited.
const open = async (): Promise<void> => {
  while (begun < count) {
    begun += 1;
    await subscribe();
  }
};
let begun = 0;
await Promise.all(Array.from({ length: 20 }, open));
