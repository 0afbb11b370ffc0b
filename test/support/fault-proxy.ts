// A proxy between an agent and its server that breaks their way: the connection itself, or the messages on it.
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Random } from './random.ts';

/** `up`: from the agent to the server. */
export type Direction = 'up' | 'down';
/**
 * What happens to a message: sent twice, after the next one, followed by an older one of any connection before, or cut
 * so that it is no JSON. A changed one that is still JSON is not played: what would do that is kept out by TLS.
 */
export type MessageFault = 'duplicate' | 'reorder' | 'replay' | 'corrupt';

export type FaultProxy = {
  /** What the agent dials. */
  url: string;
  /** Ends the connections in good order. */
  cut(): void;
  /** Ends them without a word: the sockets are gone, and no close frame was sent. */
  reset(): void;
  /** Goes on to hold the connections and forwards nothing, nor reads: as a firewall that forgot them. */
  freeze(frozen: boolean): void;
  /** Takes no new connection. */
  refuse(refused: boolean): void;
  /** Each message comes so much later; in order. */
  delayBy(ms: number): void;
  /** At most so many bytes a second in each direction. 0: no limit. */
  slowTo(bytesPerSecond: number): void;
  /** A share of the messages suffers this. 0: none. */
  disturb(fault: MessageFault, chance: number): void;
  /** Takes all faults away; connections go on. */
  heal(): void;
  /** How many messages suffered what, and how many passed. */
  counts(): Readonly<Record<MessageFault | 'passed', number>>;
  /** All texts on the way that match what was given as `collect`. */
  collected(): ReadonlySet<string>;
  close(): Promise<void>;
};

type Pipe = { agent: WebSocket; server: WebSocket };

const kept = 200;
/** What a network without TLS could play again or swap without changing what is true: never a report of a state. */
const isOfCommand = (direction: Direction, text: string): boolean =>
  direction === 'down' ? text.includes('"type":"next"') : /\b(?:complete|acknowledge|attach)\(/.test(text);

const socketOf = (socket: WebSocket): { pause(): void; resume(): void } | null =>
  (socket as unknown as { _socket: ReturnType<typeof socketOf> })._socket ?? null;

/**
 * @param path of the unix socket to listen on; short (108 characters at most).
 * @param server URL that the server's agents dial.
 * @param collect what is remembered of the messages, for example secrets that must be found nowhere later.
 */
export const createFaultProxy = async ({
  path,
  server,
  random,
  collect,
}: {
  path: string;
  server: string;
  random: Random;
  collect?: RegExp;
}): Promise<FaultProxy> => {
  const pipes = new Set<Pipe>();
  const past: Record<Direction, string[]> = { up: [], down: [] };
  const chances: Record<MessageFault, number> = { duplicate: 0, reorder: 0, replay: 0, corrupt: 0 };
  const counts = { duplicate: 0, reorder: 0, replay: 0, corrupt: 0, passed: 0 };
  const collected = new Set<string>();
  let frozen = false;
  let refused = false;
  let delayMs = 0;
  let bytesPerSecond = 0;

  const strikes = (fault: MessageFault): boolean => {
    if (chances[fault] === 0 || random.next() >= chances[fault]) return false;
    counts[fault] += 1;
    return true;
  };

  /** Passes the messages of one direction of one connection on, one after the other. */
  const relay = (from: WebSocket, to: WebSocket, direction: Direction): void => {
    let queue: Promise<void> = Promise.resolve();
    let heldBack: string | null = null;
    const send = (text: string): void => {
      if (to.readyState === WebSocket.OPEN) to.send(text);
    };
    const pass = async (text: string): Promise<void> => {
      if (delayMs > 0) await delay(delayMs);
      if (bytesPerSecond > 0) await delay((text.length / bytesPerSecond) * 1_000);
      counts.passed += 1;
      for (const found of collect ? text.matchAll(collect) : []) collected.add(found[0]);
      if (strikes('corrupt')) return send(text.slice(0, random.below(text.length)));
      const isCommand = isOfCommand(direction, text);
      if (isCommand && heldBack === null && strikes('reorder')) {
        heldBack = text;
        // Perhaps nothing follows: then it is late alone.
        setTimeout(() => {
          if (heldBack !== text) return;
          heldBack = null;
          send(text);
        }, 200);
        return;
      }
      send(text);
      if (isCommand && strikes('duplicate')) send(text);
      if (heldBack !== null) send(heldBack);
      heldBack = null;
      const old = past[direction];
      if (old.length > 0 && strikes('replay')) send(random.pick(old));
      if (isCommand) old.push(text);
      if (old.length > kept) old.shift();
    };
    from.on('message', (data: RawData) => {
      const text = data.toString();
      queue = queue.then(() => pass(text));
    });
  };

  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 2 ** 24 });
  http.on('upgrade', (request, socket, head) => {
    if (refused || frozen) {
      socket.destroy();
      return;
    }
    const protocols = request.headers['sec-websocket-protocol']?.split(',').map((each) => each.trim()) ?? [];
    const upstream = new WebSocket(server, protocols, { perMessageDeflate: false });
    upstream.once('error', () => socket.destroy());
    upstream.once('open', () =>
      sockets.handleUpgrade(request, socket, head, (agent) => {
        const pipe = { agent, server: upstream };
        pipes.add(pipe);
        relay(agent, upstream, 'up');
        relay(upstream, agent, 'down');
        for (const [one, other] of [
          [agent, upstream],
          [upstream, agent],
        ] as const) {
          one.on('error', () => undefined);
          one.once('close', (code, reason) => {
            pipes.delete(pipe);
            // 1005 and 1006 stand for «none» and may not be sent.
            if (code === 1005 || code === 1006) other.terminate();
            else other.close(code, reason);
          });
        }
        if (frozen) for (const end of [agent, upstream]) socketOf(end)?.pause();
      }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject).listen(path, resolve);
  });

  const ends = (): WebSocket[] => [...pipes].flatMap(({ agent, server: upstream }) => [agent, upstream]);
  const freeze = (now: boolean): void => {
    frozen = now;
    for (const end of ends()) {
      if (now) socketOf(end)?.pause();
      else socketOf(end)?.resume();
    }
  };
  const reset = (): void => {
    for (const end of ends()) end.terminate();
  };

  return {
    url: `ws+unix:${path}:/agent`,
    cut: () => {
      for (const end of ends()) end.close(1001);
    },
    reset,
    freeze,
    refuse: (now) => {
      refused = now;
    },
    delayBy: (ms) => {
      delayMs = ms;
    },
    slowTo: (limit) => {
      bytesPerSecond = limit;
    },
    disturb: (fault, chance) => {
      chances[fault] = chance;
    },
    heal: () => {
      refused = false;
      delayMs = 0;
      bytesPerSecond = 0;
      for (const fault of Object.keys(chances) as MessageFault[]) chances[fault] = 0;
      freeze(false);
    },
    counts: () => ({ ...counts }),
    collected: () => collected,
    close: async () => {
      refused = true;
      for (const end of ends()) end.terminate();
      await new Promise((resolve) => http.close(resolve));
    },
  };
};
