// 10,000 events by cursor from the table over graphql-ws, against the same rows by better-sqlite3 and ready texts by ws.
import { join } from 'node:path';
import WebSocket from 'ws';
import { byClients } from '../../test/support/labels.ts';
import { cpuMsDuring } from '../cpu.ts';
import type { Measure } from '../measure.ts';
import { startPeer } from '../peer.ts';
import { alternate } from '../rounds.ts';
import { startBenchServer } from '../server.ts';

const query =
  'subscription($after: String) { auditRecorded(after: $after) { cursor record { seq at phase action outcome actor { kind id name } reason operationId hash } } }';

/** Opens a socket, says what it is told to say, and waits for so many frames of the answer. */
const receive = (url: string, count: number, greet: (socket: WebSocket) => void): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const frames: string[] = [];
    const socket = new WebSocket(url, ['graphql-transport-ws'], { perMessageDeflate: false });
    socket.once('error', reject).once('open', () => greet(socket));
    socket.on('message', (data) => {
      const text = String(data);
      if (!text.includes('"type":"next"')) return;
      frames.push(text);
      if (frames.length < count) return;
      socket.once('close', () => resolve(frames)).terminate();
    });
  });

export const replay10000: Measure = {
  rows: [
    {
      id: 'replay10000',
      what: '10,000 events from a cursor on over graphql-ws, against better-sqlite3 and ready texts by ws',
      unit: 'µs CPU/event',
      compare: 'ratio',
      goal: 3,
    },
  ],
  run: async (context) => {
    const count = context.short ? 20 : 10_000;
    const server = await startBenchServer(context, { nodes: 1 });
    const { eventCursor: after } = await server.ask('{ eventCursor }');
    // Two records each: what was asked for, and that it was refused.
    await byClients(16, count / 2, async () => {
      await server.ask('mutation { cancelOperation(input: { id: "none", reason: "replayed" }) { state } }');
    });
    const replay = (): Promise<string[]> =>
      receive(server.socketUrl, count, (socket) => {
        socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: server.adminKey } }));
        socket.once('message', () =>
          socket.send(
            JSON.stringify({ type: 'subscribe', id: '1', payload: { query, variables: { after } } }),
          ),
        );
      });
    const texts = await replay();
    const peer = await startPeer(context, 'raw-replay', {
      file: join(server.system.dir, 'data', 'skep.db'),
      topic: 'AUDIT',
      after: Number(Buffer.from(after, 'base64url').toString().split(':')[1]),
      texts,
    });
    const cost = (pid: number, run: () => Promise<unknown>) => async (): Promise<number> =>
      ((await cpuMsDuring(pid, async () => void (await run()))) * 1_000) / count;
    const ours = cost(server.pid, replay);
    const reference = cost(peer.pid, () =>
      receive(`ws://127.0.0.1:${peer.port}/`, count, (socket) => socket.send('go')),
    );
    // Once for the compiler's sake.
    if (!context.short) await alternate(1, { ours, reference });
    return { replay10000: await alternate(context.rounds, { ours, reference }) };
  },
};
