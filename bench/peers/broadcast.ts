// The least that a broadcast by ws costs: the same text to each socket by its `send`, when a POST says so.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { listenAndTell, readInput } from './begin.ts';

const { text } = await readInput<{ text: string }>();
const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: () => 'graphql-transport-ws',
});
const server = createServer((_, response) => {
  for (const socket of sockets.clients) socket.send(text);
  response.end();
});
server.on('upgrade', (request, socket, head) =>
  sockets.handleUpgrade(request, socket, head, () => undefined),
);
listenAndTell(server);
