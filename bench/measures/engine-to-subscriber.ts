// How long after a write to the engine a subscriber hears of it, against a subscriber of the engine's own events.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Measure, Sample } from '../measure.ts';
import { median, setLabelBare, startThreeEngines } from '../three-engines.ts';

const patienceMs = 10_000;

/** Waits for something that is announced by name. */
const createArrivals = () => {
  const waiting = new Map<string, (at: number) => void>();
  return {
    arrived: (name: string): void => waiting.get(name)?.(performance.now()),
    wait: (name: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`nobody heard of ${name}`)), patienceMs);
        waiting.set(name, (at) => {
          clearTimeout(timer);
          waiting.delete(name);
          resolve(at);
        });
      }),
  };
};

export const engineToSubscriber: Measure = {
  rows: [
    {
      id: 'engineToSubscriber',
      what: 'From a write to the engine to a GraphQL subscriber, p50, against a reader of GET /events; 3 real engines',
      unit: 'ms',
      compare: 'difference',
      goal: 5,
    },
  ],
  run: async (context) => {
    const { system, nodes, docker } = await startThreeEngines(context);
    const heard = createArrivals();
    const client = await context.own(
      async () =>
        createClient({
          url: system.server.socketUrl,
          webSocketImpl: WebSocket,
          connectionParams: { authorization: `Bearer ${system.server.adminKey}` },
        }),
      (made) => made.dispose(),
    );
    type Told = { nodeChanged: { changes: { path: string; new: unknown }[] } };
    client.subscribe<Told>(
      { query: 'subscription { nodeChanged { cursor changes { path old new } } }' },
      {
        next: ({ data }) => {
          for (const change of data?.nodeChanged.changes ?? []) heard.arrived(`${change.path}=${change.new}`);
        },
        error: (error) => context.log(`the subscription ended: ${String(error)}`),
        complete: () => undefined,
      },
    );
    const stream = await context.own(
      () => docker.getEvents({ filters: { type: ['node'] } }) as Promise<NodeJS.ReadableStream>,
      (opened) => void (opened as NodeJS.ReadableStream & { destroy(): void }).destroy(),
    );
    stream.on('data', () => heard.arrived('event'));

    let count = 0;
    const once = async (): Promise<Sample> => {
      count += 1;
      const event = heard.wait('event');
      const told = heard.wait(`labels.bare=${count}`);
      const began = performance.now();
      await setLabelBare(docker, nodes[count % nodes.length] ?? '', 'bare', String(count));
      return { reference: (await event) - began, ours: (await told) - began };
    };
    // The subscription is open when it tells of something.
    for (let tries = 0; ; tries += 1) {
      try {
        await once();
        break;
      } catch (error) {
        if (tries === 2) throw error;
      }
    }
    const samples: Sample[] = [];
    for (let round = 0; round < context.rounds; round += 1) {
      const all: Sample[] = [];
      for (let turn = 0; turn < (context.short ? 2 : 30); turn += 1) all.push(await once());
      samples.push({
        ours: median(all.map(({ ours }) => ours)),
        reference: median(all.map(({ reference }) => reference)),
      });
    }
    return { engineToSubscriber: samples };
  },
};
