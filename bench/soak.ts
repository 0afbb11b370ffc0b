// `npm run soak -- [--minutes 30] [--hosts 20] [--every 15]`: the built server under a mixed, bounded load for long; is its heap flat?
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createLifetime } from '../lab/lifetime.ts';
import { startSystem } from '../test/support/system.ts';
import { connectInspector, inspected } from './inspector.ts';
import { createSoakLoad } from './soak/load.ts';
import { type Sample, sampleOf } from './soak/sample.ts';
import { slopeOf } from './soak/slope.ts';

/** What the heap may grow by, in kB a minute, at the upper end of its 95 % confidence. Ten minutes can tell so much. */
const mostGrowthKbPerMinute = 100;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    hosts: { type: 'string', default: '20' },
    /** Seconds between two samples. */
    every: { type: 'string', default: '15' },
  },
});
const minutes = Number(values.minutes);
const everyMs = Number(values.every) * 1_000;
const say = (line: string): void => console.log(`soak: ${line}`);
const folder = fileURLToPath(new URL('.data', import.meta.url));
const life = createLifetime();

const main = async (): Promise<void> => {
  mkdirSync(folder, { recursive: true });
  const system = await life.own(
    () =>
      startSystem({
        engines: { kind: 'simulated', version: '28.5', speed: 10 },
        hosts: Number(values.hosts),
        env: { ...inspected, SKEP_LOG_LEVEL: 'info' },
        // The second: the first is the manager, and the load stops and starts the last ones.
        agentEnv: ({ index }) => (index === 2 ? inspected : {}),
      }),
    (started) => started.stop(),
  );
  await system.formSwarm({ managers: 3 });
  const agent = system.members[1]?.agent;
  if (!agent) throw new Error('two hosts at least');
  const inspect = async (logPath: string) =>
    life.own(
      () => connectInspector(logPath),
      (inspector) => inspector.close(),
    );
  const server = await inspect(system.server.logPath);
  const agentInspector = await inspect(agent.logPath);
  const load = createSoakLoad(system);
  say('the load begins by filling what has a limit');
  await load.fill();
  await life.own(
    async () => load.begin(),
    () => load.end(),
  );

  const began = performance.now();
  const name = `${folder}/soak-${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}`;
  const csv = createWriteStream(`${name}.csv`);
  const samples: Sample[] = [];
  const take = async (): Promise<void> => {
    const sample = await sampleOf({
      minute: (performance.now() - began) / 60_000,
      server,
      agent: agentInspector,
      pid: system.server.pid(),
      dataDir: `${system.dir}/data`,
      logPath: system.server.logPath,
      counts: load.counts(),
    });
    if (samples.length === 0) csv.write(`${Object.keys(sample).join(',')}\n`);
    csv.write(`${Object.values(sample).join(',')}\n`);
    samples.push(sample);
    if (samples.length % 8 === 1) say(JSON.stringify(sample));
  };
  while (performance.now() - began < minutes * 60_000) {
    const next = performance.now() + everyMs;
    await take();
    await delay(Math.max(0, next - performance.now()));
  }
  await take();
  csv.end();

  const counted = samples.filter(({ minute }) => minute >= minutes / 3);
  const slopes = (['heapUsedKb', 'rssKb', 'agentHeapUsedKb', 'handles', 'fds'] as const).map((field) => ({
    field,
    ...slopeOf(counted.map((sample) => ({ x: sample.minute, y: sample[field] }))),
  }));
  const heap = slopes.find(({ field }) => field === 'heapUsedKb');
  const agentHeap = slopes.find(({ field }) => field === 'agentHeapUsedKb');
  const isFlat = [heap, agentHeap].every((of) => of && of.most < mostGrowthKbPerMinute);
  for (const { field, slope, least, most } of slopes)
    say(`${field}: ${slope.toFixed(1)} a minute, ${least.toFixed(1)} to ${most.toFixed(1)}`);
  writeFileSync(
    `${name}.json`,
    `${JSON.stringify({ minutes, mostGrowthKbPerMinute, isFlat, slopes, counts: load.counts(), errors: load.errors(), samples }, null, 2)}\n`,
  );
  say(`${isFlat ? 'flat' : 'NOT FLAT'}: at most ${mostGrowthKbPerMinute} kB a minute are borne; ${name}.csv`);
  for (const [message, times] of load.errors()) say(`unexpected, ${times} times: ${message}`);
  if (!isFlat) process.exitCode = 1;
};

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void life.end().finally(() => process.exit(1)));

main()
  .catch((error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  })
  .finally(() => life.end().finally(() => process.exit()));
