// The least that a replay costs: the rows by better-sqlite3, and a text that is ready for each by ws.

import { createServer } from 'node:http';
import Sqlite from 'better-sqlite3';
import { WebSocketServer } from 'ws';
import { listenAndTell, readInput } from './begin.ts';

const { file, topic, after, texts } = await readInput<{
  file: string;
  topic: string;
  after: number;
  texts: readonly string[];
}>();
const read = new Sqlite(file, { readonly: true }).prepare(
  'SELECT * FROM Event WHERE topic = ? AND seq > ? ORDER BY seq LIMIT 200',
);
const server = createServer();
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) =>
  socket.once('message', () => {
    let seq = after;
    let sent = 0;
    const page = (): void => {
      const rows = read.all(topic, seq) as { seq: number }[];
      for (const row of rows) {
        seq = row.seq;
        const text = texts[sent];
        if (text === undefined) return;
        socket.send(text);
        sent += 1;
      }
      if (rows.length > 0) setImmediate(page);
    };
    page();
  }),
);
listenAndTell(server);
