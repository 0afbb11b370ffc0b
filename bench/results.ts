// bench/results.json, and the table in the README that is made from it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { markdownTable } from './print.ts';
import type { Result } from './rounds.ts';

/** The newest figures. */
export type Results = {
  /** When they were measured last, ISO 8601. */
  at: string;
  /** Version of Node.js. */
  node: string;
  /** How many processors there were. */
  cpus: number;
  measures: readonly Result[];
};

const file = fileURLToPath(new URL('./results.json', import.meta.url));
const readme = fileURLToPath(new URL('../README.md', import.meta.url));

/** Null: nothing was measured yet. */
export const readResults = (): Results | null =>
  existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;

/**
 * Replaces the rows of the same id and keeps the others.
 * @param ids of all rows that there are, in their order: others are dropped.
 */
export const writeResults = (fresh: readonly Result[], ids: readonly string[]): Results => {
  const all = new Map([...(readResults()?.measures ?? []), ...fresh].map((result) => [result.id, result]));
  const results = {
    at: new Date().toISOString(),
    node: process.version,
    cpus: availableParallelism(),
    measures: ids.flatMap((id) => all.get(id) ?? []),
  };
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  return results;
};

const between = /(<!-- bench: .*? -->\n).*?(<!-- bench end -->)/s;

/** The README's text with the table of these results. @throws Error: its markers are missing. */
export const withTable = (text: string, { at, node, cpus, measures }: Results): string => {
  if (!between.test(text)) throw new Error('the README has no markers for the table of bench/results.json');
  const when = `Measured ${at.slice(0, 10)}, Node ${node}, ${cpus} processors.`;
  return text.replace(
    between,
    (_, begin: string, end: string) => `${begin}${when}\n\n${markdownTable(measures)}\n${end}`,
  );
};

/** Writes the table into the README. */
export const updateReadme = (results: Results): void =>
  writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), results));
