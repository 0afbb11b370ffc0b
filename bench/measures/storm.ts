// A thousand agents whose links are cut and who all dial at once, without the jitter that real ones have.
import { setTimeout as delay } from 'node:timers/promises';
import { post } from '../../lab/client.ts';
import { startFleetServer, tellFleet } from '../fleet-server.ts';
import { load } from '../load.ts';
import type { Measure, Sample } from '../measure.ts';
import { type Peer, startPeer } from '../peer.ts';
import { alternate } from '../rounds.ts';

const query = '{ hosts(first: 50) { totalCount edges { node { id name status } } } }';
/** Between two queries of a caller: some hundred while the storm lasts. */
const pauseMs = 5;

/** The 99th of a hundred. */
const p99 = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * 0.99)] ?? 0;

/** @returns how long it takes until the last is attached. */
const cutAndDial = async (fleet: Peer): Promise<number> => {
  await tellFleet(fleet, 'cut');
  return (await tellFleet<{ attachedMs: number }>(fleet, 'dial')).attachedMs;
};

const row = (id: string, what: string, goal: number) =>
  ({ id, what, unit: 'ms', compare: 'ours', goal }) as const;

export const storm: Measure = {
  rows: [
    row(
      'storm1000',
      'Links of 1,000 agents cut, all dial: until all are attached; beside it a bare ws server that checks the signatures',
      500,
    ),
    row(
      'stormQueries',
      'p99 of a page of 50 hosts, asked meanwhile by a caller whose connection is open',
      100,
    ),
    row('stormCallers', 'The same of a caller who dials for each page, behind the agents that dial', 100),
  ],
  run: async (context) => {
    const count = context.short ? 50 : 1_000;
    const { server, fleet, hosts } = await startFleetServer(context, count);
    const bare = await startPeer(context, 'bare-proofs', { hosts });
    const url = `ws://127.0.0.1:${bare.port}/agent`;
    const bareFleet = await startPeer(context, 'fleet', { url, hosts, count });
    const shot = {
      url: server.url,
      body: JSON.stringify({ query }),
      headers: { authorization: `Bearer ${server.adminKey}` },
    };
    const queries: Sample[] = [];
    const callers: Sample[] = [];
    const ours = async (): Promise<number> => {
      let isOver = false;
      /** Asks again and again. @returns how long each took. */
      const asking = async (ask: () => Promise<unknown>): Promise<number[]> => {
        const tookMs: number[] = [];
        await ask();
        while (!isOver) {
          const began = performance.now();
          await ask();
          tookMs.push(performance.now() - began);
          await delay(pauseMs);
        }
        return tookMs;
      };
      const both = Promise.all([
        asking(() => post(server.url, server.adminKey, query)),
        asking(() => load(shot, { count: 1, connections: 1 })),
      ]);
      const attachedMs = await cutAndDial(fleet);
      isOver = true;
      const [asked, dialled] = await both;
      queries.push({ ours: p99(asked), reference: 0 });
      callers.push({ ours: p99(dialled), reference: 0 });
      if (!context.short) await delay(1_000);
      return attachedMs;
    };
    const reference = async (): Promise<number> => {
      const attachedMs = await cutAndDial(bareFleet);
      if (!context.short) await delay(1_000);
      return attachedMs;
    };
    // For the compiler's sake.
    const warm = context.short ? 1 : 3;
    await alternate(warm, { ours, reference });
    const storm1000 = await alternate(context.rounds, { ours, reference });
    return { storm1000, stormQueries: queries.slice(warm), stormCallers: callers.slice(warm) };
  },
};
