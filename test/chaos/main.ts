// `npm run chaos -- --minutes 20 [--seed 7] [--engines simulated]`, or `-- --kills server=200,agent=200`: exit code 1 on a violation.
import { parseArgs } from 'node:util';
import { printTable } from '../../lab/print-table.ts';
import { createRandom } from '../support/random.ts';
import { playFaults, playKills, type Result } from './run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string' },
    engines: { type: 'string', default: 'simulated' },
  },
});

const usage =
  'npm run chaos -- --minutes N | --kills server=N,agent=N, and perhaps --seed S and --engines real or simulated';

const print = (result: Result, say: (line: string) => void): void => {
  const rows = (counts: Map<string, number>): [string, string][] =>
    [...counts].sort().map(([name, count]) => [name, String(count)]);
  say('');
  printTable(['fault', 'times'], rows(result.faults), say);
  say('');
  printTable(['operations that ended', 'count'], rows(result.ends), say);
  say('');
  const total = [...result.faults.values()].reduce((sum, count) => sum + count, 0);
  printTable(
    ['in all', 'count'],
    [
      ['faults', String(total)],
      ['kills with a call in flight', String(result.killsInFlight)],
      ['calls of clients', String(result.calls)],
      ['audit records', String(result.records)],
      ['commands sent', String(result.commands)],
      ['effects in the world', String(result.effects)],
      ['violations', String(result.violations.length)],
    ],
    say,
  );
};

const main = async (): Promise<void> => {
  const random = createRandom(values.seed === undefined ? undefined : Number(values.seed));
  const say = (line: string): void => console.log(line);
  if (values.engines !== 'simulated' && values.engines !== 'real') throw new Error(usage);
  const engines =
    values.engines === 'real'
      ? { kind: 'real' as const, version: '20.10' as const }
      : { kind: 'simulated' as const, version: '20.10' as const, speed: 10 };
  const minutes = Number(values.minutes ?? 0);
  const kills = /^server=(\d+),agent=(\d+)$/.exec(values.kills ?? '');
  if (!kills && !(minutes > 0)) throw new Error(usage);
  say(
    `chaos on ${values.engines.toUpperCase()} engines ${engines.version}; again with --seed ${random.seed}`,
  );
  const result = kills
    ? await playKills({ engines, random, server: Number(kills[1]), agent: Number(kills[2]), say })
    : await playFaults({ engines, random, forMs: minutes * 60_000, say });
  print(result, say);
  for (const violation of result.violations) say(`VIOLATION: ${violation}`);
  if (result.violations.length > 0) say(`seed ${result.seed}; the histories are kept in ${result.folder}`);
  process.exitCode = result.violations.length > 0 ? 1 : 0;
};

await main();
