// A bare node:http server that makes the text of its answer anew for each request, from the data that it has ready.
import { createServer } from 'node:http';
import { listenAndTell, readInput } from './begin.ts';

const { data } = await readInput<{ data: unknown }>();

listenAndTell(
  createServer((request, response) => {
    // Read as a server must read it, and not looked at.
    request.resume().once('end', () => {
      const bytes = Buffer.from(JSON.stringify({ data }));
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
        .end(bytes);
    });
  }),
);
