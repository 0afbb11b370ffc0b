// What the server holds for a subscriber that waits: 5,000 of one document over graphql-ws, against the same server without.
import { setTimeout as delay } from 'node:timers/promises';
import { startAudience } from '../audience.ts';
import { memoryOf } from '../cpu.ts';
import { connectInspector, inspected } from '../inspector.ts';
import type { Context, Measure } from '../measure.ts';
import { startBenchServer } from '../server.ts';

const query =
  'subscription { nodeChanged { cursor at kind changes { path old new } node { id hostname role availability status { state } labels { key value } } } }';

/** The least of what it holds while it idles: collectors of garbage work when they like to. */
const settledKb = async (pid: number, seconds: number): Promise<number> => {
  let leastKb = Number.POSITIVE_INFINITY;
  for (let second = 0; second < seconds; second += 1) {
    await delay(1_000);
    leastKb = Math.min(leastKb, memoryOf(pid).rssKb);
  }
  return leastKb;
};

const sample = async (context: Context, count: number): Promise<{ resident: number; held: number }> => {
  const { pid, socketUrl, adminKey, system } = await startBenchServer(context, {
    nodes: 2,
    env: { SKEP_SOCKETS: '20000', SKEP_SOCKETS_PER_ADDRESS: '20000', ...inspected },
  });
  const seconds = context.short ? 1 : 15;
  const graphql = { key: adminKey, query, variables: {} };
  // What the first of them costs once, code and pools, is not theirs alone.
  await startAudience(context, { url: socketUrl, count: 20, graphql });
  const inspector = await context.own(
    () => connectInspector(system.server.logPath),
    (connected) => connected.close(),
  );
  await inspector.collectGarbage();
  const before = await settledKb(pid, seconds);
  await startAudience(context, { url: socketUrl, count, graphql });
  const resident = await settledKb(pid, seconds);
  await inspector.collectGarbage();
  const held = await settledKb(pid, seconds);
  return { resident: (resident - before) / count, held: (held - before) / count };
};

export const subscriberMemory: Measure = {
  rows: [
    {
      id: 'subscriberMemory',
      what: 'RSS of the server for each of 5,000 subscribers that wait, once garbage is collected',
      unit: 'kB/subscriber',
      compare: 'ours',
      goal: 10,
    },
    {
      id: 'subscriberMemoryResident',
      what: 'The same with the garbage of their coming, which V8 leaves until it needs the room',
      unit: 'kB/subscriber',
      compare: 'ours',
      goal: 10,
    },
  ],
  run: async (context) => {
    const held = [];
    const resident = [];
    // A server of its own for each: what one was given is not given back.
    for (let round = 0; round < Math.min(context.rounds, 3); round += 1) {
      const kb = await sample(context, context.short ? 20 : 5_000);
      held.push({ ours: kb.held, reference: 0 });
      resident.push({ ours: kb.resident, reference: 0 });
    }
    return { subscriberMemory: held, subscriberMemoryResident: resident };
  },
};
