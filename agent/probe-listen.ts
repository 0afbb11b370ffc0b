// Answers probes of ports for a few seconds: the only time at which an agent listens.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { codeOf, type ProbePoint, type ProbeWords, probeBytes, probeWords, udpOf } from './probe-wire.ts';

/** HELD: somebody listens there already, the engine as a rule. NOT_LOCAL: the host does not have the address. */
export type Listening = ProbePoint & {
  readonly state: 'LISTENING' | 'HELD' | 'NOT_LOCAL' | 'FAILED';
  readonly detail: string | null;
};

/** Sockets that answer probes. */
export interface ProbeListener {
  /**
   * Answers probes that carry the nonce until the time is over; with 0 seconds it stops answering those at once.
   *
   * @param seconds - 10 at most, more is taken as 10
   * @returns what became of each point; when it resolves, those that are LISTENING answer, and those of 0 seconds are free
   */
  answer(order: { nonce: string; points: readonly ProbePoint[]; seconds: number }): Promise<Listening[]>;
  /** Frees every port: an engine is about to need them. */
  close(): Promise<void>;
}

const mostSeconds = 10;
/** A stranger that connects and says nothing is not kept. */
const strangerMs = 2_000;
const mostConnections = 512;

interface Door {
  /** By nonce: two preflights may ask of the same port at once. */
  readonly words: Map<string, ProbeWords>;
  readonly shut: () => Promise<void>;
}

/** A listener without a port yet. */
export function createProbeListener(): ProbeListener {
  const doors = new Map<string, Promise<Door>>();
  /** Ports that are being freed: whoever wants one again waits for that. */
  const shutting = new Map<string, Promise<void>>();
  const timers = new Map<string, NodeJS.Timeout>();

  const forget = async (nonce: string): Promise<void> => {
    clearTimeout(timers.get(nonce));
    timers.delete(nonce);
    await Promise.all(
      [...doors].map(async ([key, opening]) => {
        const door = await opening.catch(() => undefined);
        if (door === undefined || !door.words.delete(nonce) || door.words.size > 0) return;
        doors.delete(key);
        const shut = door.shut().finally(() => shutting.delete(key));
        shutting.set(key, shut);
        await shut;
      }),
    );
  };

  const listenAt = async (nonce: string, point: ProbePoint): Promise<Listening> => {
    const key = `${point.protocol} ${point.address} ${point.port}`;
    await shutting.get(key);
    try {
      const opening = doors.get(key) ?? (point.protocol === 'tcp' ? openTcp(point) : openUdp(point));
      doors.set(key, opening);
      (await opening).words.set(nonce, probeWords(nonce, point));
      return { ...point, state: 'LISTENING', detail: null };
    } catch (error) {
      doors.delete(key);
      const detail = codeOf(error);
      const state =
        detail === 'EADDRINUSE' ? 'HELD' : detail === 'EADDRNOTAVAIL' ? 'NOT_LOCAL' : ('FAILED' as const);
      return { ...point, state, detail };
    }
  };

  return {
    answer: async ({ nonce, points, seconds }) => {
      await forget(nonce);
      if (seconds <= 0) return [];
      const timer = setTimeout(() => void forget(nonce), Math.min(seconds, mostSeconds) * 1_000);
      timers.set(nonce, timer.unref());
      return Promise.all(points.map((point) => listenAt(nonce, point)));
    },
    close: async () => {
      await Promise.all([...timers.keys()].map(forget));
    },
  };
}

async function openTcp({ address, port }: ProbePoint): Promise<Door> {
  const words: Door['words'] = new Map();
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let heard = Buffer.alloc(0);
    socket.setTimeout(strangerMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => {
      heard = Buffer.concat([heard, bytes]);
      if (heard.length < probeBytes) return;
      const answer = answerTo(words, heard);
      if (answer === undefined) socket.destroy();
      else socket.write(answer);
    });
  });
  server.maxConnections = mostConnections;
  server.listen({ host: address, port, exclusive: true });
  await once(server, 'listening');
  server.on('error', () => undefined);
  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { words, shut };
}

async function openUdp({ address, port }: ProbePoint): Promise<Door> {
  const words: Door['words'] = new Map();
  const socket = createSocket({ type: udpOf(address) });
  socket.bind({ address, port, exclusive: true });
  await once(socket, 'listening').catch((error: unknown) => {
    socket.close();
    throw error;
  });
  socket.on('error', () => undefined);
  socket.on('message', (bytes, from) => {
    const answer = answerTo(words, bytes);
    if (answer !== undefined) socket.send(answer, from.port, from.address, () => undefined);
  });
  return { words, shut: () => new Promise((resolve) => socket.close(() => resolve())) };
}

function answerTo(words: Door['words'], heard: Buffer): Buffer | undefined {
  for (const { ask, answer } of words.values()) if (heard.equals(ask)) return answer;
  return undefined;
}
