// Hosts that are connected and idle, against a bare ws server with as many sockets, the same pings and the same pongs.
import { setTimeout as delay } from 'node:timers/promises';
import { cpuMs, memoryOf } from '../cpu.ts';
import { startFleetServer, tellFleet } from '../fleet-server.ts';
import type { Context, Measure, Sample } from '../measure.ts';
import { startPeer } from '../peer.ts';

/** Two rounds of pings each way. */
const windowMs = 20_000;

type Idle = { cpu: Sample[]; memory: Sample[] };

/** Both sides in the same window: what disturbs one disturbs the other. */
const idle = async (context: Context, hosts: number): Promise<Idle> => {
  const count = context.short ? 50 : hosts;
  const { server, fleet } = await startFleetServer(context, count);
  const bare = await startPeer(context, 'bare-sockets', { pingEveryMs: 10_000 });
  const sockets = await startPeer(context, 'fleet', {
    url: `ws://127.0.0.1:${bare.port}`,
    hosts: null,
    count,
  });
  const withoutKb = memoryOf(server.pid()).rssKb;
  for (const side of [fleet, sockets]) {
    await tellFleet(side, 'wave');
    await tellFleet(side, 'beat');
  }
  // What the connecting left behind is not what an idle host costs.
  await delay(context.short ? 100 : windowMs);
  const cpu: Sample[] = [];
  const memory: Sample[] = [];
  for (let round = 0; round < context.rounds; round += 1) {
    const [ours, reference] = [cpuMs(server.pid()), cpuMs(bare.pid)];
    await delay(context.short ? 500 : windowMs);
    cpu.push({ ours: cpuMs(server.pid()) - ours, reference: cpuMs(bare.pid) - reference });
    memory.push({ ours: (memoryOf(server.pid()).rssKb - withoutKb) / count, reference: 0 });
  }
  return { cpu, memory };
};

export const idleHosts: Measure = {
  rows: [
    {
      id: 'idleHosts1000',
      what: '1,000 connected, idle hosts for 20 seconds, against a bare ws server with the same pings',
      unit: 'ms CPU',
      compare: 'ratio',
      goal: 1.5,
    },
    {
      id: 'idleHosts5000',
      what: '5,000 connected, idle hosts for 20 seconds, against a bare ws server with the same pings',
      unit: 'ms CPU',
      compare: 'ratio',
      goal: 1.5,
    },
    {
      id: 'idleHostMemory',
      what: 'RSS of the server with 5,000 connected, idle hosts over that with none connected, a host',
      unit: 'kB',
      compare: 'ours',
      goal: 40,
    },
  ],
  run: async (context) => {
    const few = await idle(context, 1_000);
    const many = await idle(context, 5_000);
    return { idleHosts1000: few.cpu, idleHosts5000: many.cpu, idleHostMemory: many.memory };
  },
};
