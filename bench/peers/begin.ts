// How each peer begins: its input as JSON on standard input, and its port as a line of JSON.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** What `startPeer` was given. Its shape is between a measure and its peer. */
export const readInput = async <Input>(): Promise<Input> => (await json(process.stdin)) as Input;

/** Listens on any port of loopback and says it. */
export const listenAndTell = (server: Server, backlog?: number): void => {
  server.listen({ port: 0, host: '127.0.0.1', ...(backlog && { backlog }) }, () => {
    process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
  });
};
