// A bare node:http server that has its answer as bytes before it is asked: the least that an answer over HTTP can cost.
import { createServer } from 'node:http';
import { listenAndTell, readInput } from './begin.ts';

const { text } = await readInput<{ text: string }>();
const bytes = Buffer.from(text);

listenAndTell(
  createServer((request, response) => {
    // Read as a server must read it, and not looked at.
    request.resume().once('end', () => {
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
        .end(bytes);
    });
  }),
);
