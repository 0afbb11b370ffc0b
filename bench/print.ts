// How results are shown: a table for a terminal, and one for the README.
import { printTable } from '../lab/print-table.ts';
import type { Result } from './rounds.ts';

/** Three digits, and no more places than they need: 1,234 · 56.7 · 0.123. */
const digits = (value: number): string =>
  value.toLocaleString(
    'en',
    Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 },
  );

const signs = { ratio: '×', difference: '+', ours: '' } as const;

const cells = ({ id, what, ours, reference, ratio, spread, goal, holds, unit, compare }: Result) => {
  const compared = { ratio, difference: ours - reference, ours }[compare];
  const show = (value: number) => (compare === 'ratio' ? `${digits(value)} ×` : digits(value));
  return {
    id,
    what,
    ours: `${digits(ours)} ${unit}`,
    reference: compare === 'ours' && reference === 0 ? '' : digits(reference),
    compared: `${compare === 'difference' ? signs.difference : ''}${show(compared)}`,
    spread: `${digits(spread[0])} – ${digits(spread[1])}`,
    goal: `≤ ${show(goal)}`,
    holds: holds ? 'yes' : 'no',
  };
};

/** For a terminal. */
export const printResults = (results: readonly Result[], say: (line: string) => void): void =>
  printTable(
    ['measure', 'ours', 'reference', 'compared', 'spread', 'goal', 'holds'],
    results
      .map(cells)
      .map((row) => [row.id, row.ours, row.reference, row.compared, row.spread, row.goal, row.holds]),
    say,
  );

/** As Markdown. */
export const markdownTable = (results: readonly Result[]): string =>
  [
    '| what | Skep | reference | compared | spread | goal | holds |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...results
      .map(cells)
      .map(
        (row) =>
          `| ${[row.what, row.ours, row.reference, row.compared, row.spread, row.goal, row.holds].join(' | ')} |`,
      ),
  ].join('\n');
