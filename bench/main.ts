// `npm run bench -- [--only id,…] [--rounds n] [--short] [--readme]`: runs measures, writes bench/results.json and the README's table.
import { parseArgs } from 'node:util';
import { createLifetime, type Lifetime } from '../lab/lifetime.ts';
import type { Context, Measure } from './measure.ts';
import { measures } from './measures.ts';
import { printResults } from './print.ts';
import { readResults, updateReadme, writeResults } from './results.ts';
import { type Result, summarise } from './rounds.ts';

const say = (line: string): void => console.log(`bench: ${line}`);

const { values } = parseArgs({
  options: {
    /** Ids of rows, by comma. A row that shares its setup with others brings them along. */
    only: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    /** One tiny round each, to see that it runs: nothing is written, no goal is judged. */
    short: { type: 'boolean', default: false },
    /** Writes the README's table anew from bench/results.json, and measures nothing. */
    readme: { type: 'boolean', default: false },
  },
});

const ids = measures.flatMap(({ rows }) => rows.map(({ id }) => id));

const chosen = (): readonly Measure[] => {
  if (values.only === undefined) return measures;
  const only = values.only.split(',');
  const unknown = only.filter((id) => !ids.includes(id));
  if (unknown.length > 0) throw new Error(`no measure ${unknown.join(', ')}; there are ${ids.join(', ')}`);
  return measures.filter(({ rows }) => rows.some(({ id }) => only.includes(id)));
};

let lifetime: Lifetime | null = null;

const runOne = async (measure: Measure, rounds: number): Promise<Result[]> => {
  const owned = createLifetime();
  lifetime = owned;
  const context: Context = { rounds, short: values.short, log: say, own: owned.own };
  try {
    const samples = await measure.run(context);
    return measure.rows.map((row) => summarise(row, samples[row.id] ?? []));
  } finally {
    await owned.end();
  }
};

const main = async (): Promise<void> => {
  if (values.readme) {
    const results = readResults();
    if (!results) throw new Error('there is no bench/results.json: nothing was measured yet');
    return updateReadme(results);
  }
  const rounds = values.short ? 1 : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds is a number of at least 1');
  const results: Result[] = [];
  for (const measure of chosen()) {
    const name = measure.rows.map(({ id }) => id).join(', ');
    const began = performance.now();
    try {
      results.push(...(await runOne(measure, rounds)));
      say(`${name}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
    } catch (error) {
      say(`${name}: FAILED: ${error instanceof Error ? error.stack : String(error)}`);
      process.exitCode = 1;
    }
  }
  if (values.short) return;
  printResults(results, console.log);
  if (results.length > 0) updateReadme(writeResults(results, ids));
  const missed = results.filter(({ holds }) => !holds).map(({ id }) => id);
  if (missed.length > 0) say(`goals missed: ${missed.join(', ')}`);
};

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    const end = lifetime?.end() ?? Promise.resolve();
    end.finally(() => process.exit(1));
  });

main()
  .catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  })
  // A measure that left a timer or a socket behind does not keep us.
  .finally(() => process.exit());
