// The least that lets agents in: a bare ws server that checks each signature beside the loop, and keeps nothing.
import { createPrivateKey, createPublicKey, randomBytes, verify } from 'node:crypto';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FleetHostText } from '../../test/support/fleet.ts';
import { listenAndTell, readInput } from './begin.ts';

const { hosts } = await readInput<{ hosts: readonly FleetHostText[] }>();
const keys = new Map(
  hosts.map(({ host, privateKeyPem }) => [host, createPublicKey(createPrivateKey(privateKeyPem))]),
);
const verified = promisify(verify);

const listen = (socket: WebSocket): void => {
  const ours = randomBytes(32).toString('base64url');
  let host = '';
  let theirs = '';
  const attach = async ({ bootId, engineId, signature }: Record<string, string>): Promise<void> => {
    const proof = ['skep-agent-v2', host, theirs, ours, 'none', bootId, engineId].join('\n');
    const key = keys.get(host);
    const isRight =
      key && (await verified(null, Buffer.from(proof), key, Buffer.from(signature ?? '', 'base64url')));
    if (!isRight) return socket.close();
    socket.send('{"id":"attach","type":"next","payload":{"data":{}}}');
  };
  socket.on('message', (data) => {
    const { type, id, payload } = JSON.parse(String(data));
    if (type === 'connection_init') {
      host = payload.agent;
      theirs = payload.nonce;
      socket.send(JSON.stringify({ type: 'connection_ack', payload: { nonce: ours } }));
    } else if (id === 'attach') void attach(payload.variables);
    else if (id === 'report') socket.send('{"id":"report","type":"next","payload":{"data":{}}}');
  });
};

const server = createServer();
new WebSocketServer({
  server,
  perMessageDeflate: false,
  handleProtocols: () => 'graphql-transport-ws',
}).on('connection', listen);
listenAndTell(server, 4_096);
