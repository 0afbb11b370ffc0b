// A bare ws server that answers each ping message and looks after its sockets as the README of ws has it.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { listenAndTell, readInput } from './begin.ts';

const { pingEveryMs } = await readInput<{ pingEveryMs: number }>();
const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on('connection', (socket) => {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  socket.on('message', () => socket.send('{"type":"pong"}'));
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate();
    isAlive = false;
    socket.ping();
  }, pingEveryMs);
  socket.once('close', () => clearInterval(timer));
});

listenAndTell(server);
