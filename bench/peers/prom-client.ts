// The same series as the server's, in prom-client's own registry: nothing is read, checked or filled in at a scrape.
import { createServer } from 'node:http';
import { Gauge, Registry } from 'prom-client';
import { listenAndTell, readInput } from './begin.ts';

const { samples } = await readInput<{
  /** Null: it was not a number. */
  samples: { name: string; labels: Record<string, string>; value: number | null }[];
}>();

const register = new Registry();
const gauges = new Map<string, Gauge>();
for (const { name, labels, value } of samples) {
  const made =
    gauges.get(name) ??
    new Gauge({ name, help: name, labelNames: Object.keys(labels), registers: [register] });
  gauges.set(name, made);
  made.set(labels, value ?? 0);
}

listenAndTell(
  createServer((_, response) => {
    register
      .metrics()
      .then((text) => response.writeHead(200, { 'content-type': register.contentType }).end(text));
  }),
);
