// Subscribers that come back by their cursor, whatever happens: each must have heard the whole table, once and in order.
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { subscribe } from '../support/live.ts';
import type { Arena } from './arena.ts';
import type { Stored } from './database.ts';

export type Subscribers = {
  /** What they missed, heard twice or out of order, against the table (promise 6). Waits until they have caught up. */
  check(read: () => Stored): Promise<string[]>;
  stop(): Promise<void>;
};

const topics = {
  NODE: 'nodeChanged',
  OPERATION: 'operationChanged',
  AUDIT: 'auditRecorded',
  HOST: 'hostChanged',
};
const seqOf = (cursor: string): number =>
  Number(Buffer.from(cursor, 'base64url').toString().split(':').at(-1));

export const createSubscribers = async (arena: Arena): Promise<Subscribers> => {
  const { system, note } = arena;
  const first: string = (await system.ask('{ eventCursor }')).eventCursor;
  let running = true;
  const heard = new Map<string, number[]>();

  const follow = async (topic: string, field: string): Promise<void> => {
    const received: number[] = [];
    heard.set(topic, received);
    let cursor = first;
    while (running) {
      const client = createClient({
        url: system.server.socketUrl,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${system.server.adminKey}` },
        retryAttempts: 0,
      });
      const subscriber = subscribe(
        client,
        `subscription($after: String) { ${field}(after: $after) { cursor } }`,
        {
          after: cursor,
        },
      );
      let taken = 0;
      while (running && subscriber.errors.length === 0) {
        for (const item of subscriber.received.slice(taken)) {
          cursor = item.cursor;
          received.push(seqOf(cursor));
        }
        taken = subscriber.received.length;
        await delay(100);
      }
      // What came between the last look and the end is asked for again, by the cursor before it.
      for (const error of subscriber.errors)
        if (/CURSOR/.test(JSON.stringify(error))) {
          arena.violations.push(`${field} was refused its own cursor: ${JSON.stringify(error)}`);
          running = false;
        }
      note('subscribers', { field, after: seqOf(cursor), errors: subscriber.errors.map(String) });
      subscriber.stop();
      await client.dispose();
      await delay(200);
    }
  };
  const following = Object.entries(topics).map(([topic, field]) => follow(topic, field));

  return {
    check: async (read) => {
      const from = seqOf(first);
      const stored = read();
      const faults: string[] = [];
      for (const topic of Object.keys(topics)) {
        const table = stored.events(topic).filter((seq) => seq > from);
        const received = heard.get(topic) ?? [];
        const end = performance.now() + 20_000;
        while ((received.at(-1) ?? from) < (table.at(-1) ?? from) && performance.now() < end)
          await delay(100);
        const own = received.filter((seq) => seq <= (table.at(-1) ?? from));
        const wrong = table.findIndex((seq, index) => own[index] !== seq);
        if (wrong >= 0 || own.length !== table.length)
          faults.push(
            `a subscriber of ${topic} heard ${own.length} of ${table.length} events; the first that differs is ${own[wrong]} for ${table[wrong]}`,
          );
      }
      return faults;
    },
    stop: async () => {
      running = false;
      await Promise.all(following);
    },
  };
};
