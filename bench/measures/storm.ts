// A thousand agents whose links are cut and who all dial at once, without the jitter that real ones have.
import { setTimeout as delay } from 'node:timers/promises';
import { startFleetServer, tellFleet } from '../fleet-server.ts';
import { load } from '../load.ts';
import type { Measure, Sample } from '../measure.ts';

const query = '{ hosts(first: 50) { totalCount edges { node { id name status } } } }';
/** Between two queries of a caller: some hundred while the storm lasts. */
const pauseMs = 5;

/** The 99th of a hundred. */
const p99 = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * 0.99)] ?? 0;

export const storm: Measure = {
  rows: [
    {
      id: 'storm1000',
      what: 'Links of 1,000 agents cut, all dial at once: until the last has proven its key and is attached',
      unit: 'ms',
      compare: 'ours',
      goal: 500,
    },
    {
      id: 'stormQueries',
      what: 'p99 of a page of 50 hosts, asked while 1,000 agents come back at once',
      unit: 'ms',
      compare: 'ours',
      goal: 100,
    },
  ],
  run: async (context) => {
    const { server, fleet } = await startFleetServer(context, context.short ? 50 : 1_000);
    const shot = {
      url: server.url,
      body: JSON.stringify({ query }),
      headers: { authorization: `Bearer ${server.adminKey}` },
    };
    // Once for the compiler's sake.
    await tellFleet(fleet, 'dial');
    const attached: Sample[] = [];
    const queries: Sample[] = [];
    for (let round = 0; round < context.rounds; round += 1) {
      let isOver = false;
      const tookMs: number[] = [];
      const asking = (async () => {
        while (!isOver) {
          tookMs.push(...(await load(shot, { count: 1, connections: 1 })));
          await delay(pauseMs);
        }
      })();
      await tellFleet(fleet, 'cut');
      const { attachedMs } = await tellFleet<{ attachedMs: number }>(fleet, 'dial');
      isOver = true;
      await asking;
      attached.push({ ours: attachedMs, reference: 0 });
      queries.push({ ours: p99(tookMs), reference: 0 });
      if (!context.short) await delay(1_000);
    }
    return { storm1000: attached, stormQueries: queries };
  },
};
