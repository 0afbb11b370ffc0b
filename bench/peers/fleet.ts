// The agents of a fleet in one process of their own, told over HTTP what to do: /dial, /wave, /cut and /beat.
import { createServer } from 'node:http';
import { WebSocket } from 'ws';
import { type FleetHostText, fleetHostOf } from '../../test/support/fleet.ts';
import { listenAndTell, readInput } from './begin.ts';
import { type Linked, prepareAgent } from './cheap-agent.ts';

/** As agents do. */
const pingEveryMs = 10_000;
const mostOfWave = 250;

/** `hosts`: null for bare sockets that prove nothing, `count` of them. */
const { url, hosts, count } = await readInput<{
  url: string;
  hosts: readonly FleetHostText[] | null;
  count: number;
}>();
const fleet = hosts?.map((host) => prepareAgent(url, fleetHostOf(host))) ?? null;

const dialBare = (): Linked => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const ready = new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return {
    ready,
    attachedAtMs: () => null,
    head: () => null,
    ping: () => socket.send('{"type":"ping"}'),
    cut: () => socket.terminate(),
  };
};

let links: Linked[] = [];

/** All at once. @returns how long until the last was attached, and until the last had reported. */
const dial = async (): Promise<{ attachedMs: number; readyMs: number }> => {
  const beganMs = performance.now();
  const heads = links.map((link) => link.head());
  links = fleet
    ? fleet.map((dialHost, number) => dialHost(heads[number] ?? null))
    : Array.from({ length: count }, dialBare);
  await Promise.all(links.map(({ ready }) => ready));
  const attachedAtMs = Math.max(...links.map((link) => link.attachedAtMs() ?? 0));
  return { attachedMs: attachedAtMs - beganMs, readyMs: performance.now() - beganMs };
};

/** For whoever looks at idle links: some at a time, as jitter does it. */
const dialInWaves = async (): Promise<void> => {
  links = [];
  while (links.length < count) {
    const from = links.length;
    const next = Array.from({ length: Math.min(mostOfWave, count - from) }, (_, number) =>
      fleet ? fleet[from + number]?.(null) : dialBare(),
    ).filter((link) => link !== undefined);
    links = [...links, ...next];
    await Promise.all(next.map(({ ready }) => ready));
  }
};

const beat = (): void => {
  for (const [number, link] of links.entries())
    setTimeout(() => setInterval(link.ping, pingEveryMs), (number * pingEveryMs) / links.length);
};

const cut = (): void => {
  for (const link of links) link.cut();
};

listenAndTell(
  createServer((request, response) => {
    const done = async (): Promise<unknown> => {
      if (request.url === '/dial') return dial();
      if (request.url === '/wave') return dialInWaves();
      if (request.url === '/beat') return beat();
      return cut();
    };
    done().then(
      (answer) => response.end(JSON.stringify(answer ?? null)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }),
);
