// A scrape of /metrics at 1,000 nodes, against prom-client writing as many series from a registry that has them ready;
// and what a caller feels of it meanwhile.
import { scrape } from '../../test/support/metrics.ts';
import { cpuMsDuring } from '../cpu.ts';
import type { Context, Measure, Sample } from '../measure.ts';
import { startPeer } from '../peer.ts';
import { alternate } from '../rounds.ts';
import { startBenchServer } from '../server.ts';

const page = JSON.stringify({ query: '{ nodes(first: 50) { totalCount edges { node { id hostname } } } }' });

/** Of one after the other, milliseconds. */
const waits = async (url: string, key: string, until: Promise<unknown>): Promise<number[]> => {
  const times: number[] = [];
  let isOver = false;
  const over = until.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const began = performance.now();
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: page,
    });
    await response.text();
    times.push(performance.now() - began);
  }
  await over;
  return times.sort((a, b) => a - b);
};
const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? 0;

export const scrapes: Measure = {
  rows: [
    {
      id: 'scrape1000',
      what: 'A scrape of /metrics at 1,000 nodes, against prom-client with as many series ready',
      unit: 'ms CPU/scrape',
      compare: 'ratio',
      goal: 3,
    },
    {
      id: 'scrapeFelt',
      what: 'A page of 50 nodes, p50, asked while 1,000 nodes are scraped without a pause; beside it without',
      unit: 'ms',
      compare: 'difference',
      goal: 10,
    },
  ],
  run: async (context: Context) => {
    const server = await startBenchServer(context, { nodes: context.short ? 20 : 1_000 });
    const { samples, status } = await scrape(server.url, server.adminKey);
    if (status !== 200) throw new Error(`a scrape was answered ${status}`);
    const peer = await startPeer(context, 'prom-client', { samples });
    const ready = await scrape(`http://127.0.0.1:${peer.port}/graphql`, null);
    if (ready.samples.length !== samples.length)
      throw new Error(`${ready.samples.length} series instead of ${samples.length}`);
    context.log(`${samples.length} series`);

    const times = context.short ? 2 : 20;
    const headers = { authorization: `Bearer ${server.adminKey}` };
    const scrapeAt = async (url: string, count: number): Promise<void> => {
      for (let done = 0; done < count; done += 1) {
        const answer = await fetch(url, { headers });
        if (!answer.ok) throw new Error(`a scrape was answered ${answer.status}`);
        await answer.text();
      }
    };
    const side = (pid: number, url: string) => async (): Promise<number> =>
      (await cpuMsDuring(pid, () => scrapeAt(url, times))) / times;
    const ours = server.url.replace(/graphql$/, 'metrics');
    const sides = {
      ours: side(server.pid, ours),
      reference: side(peer.pid, `http://127.0.0.1:${peer.port}/metrics`),
    };
    // Once for the compiler's sake.
    if (!context.short) await alternate(1, sides);
    const whole = await alternate(context.rounds, sides);
    const during = (work: () => Promise<unknown>) => async (): Promise<number> =>
      median(await waits(server.url, server.adminKey, work()));
    const felt: Sample[] = await alternate(context.rounds, {
      ours: during(() => scrapeAt(ours, times)),
      reference: during(() => new Promise((resolve) => setTimeout(resolve, times * 50))),
    });
    return { scrape1000: whole, scrapeFelt: felt };
  },
};
