// Tables in Docker's plain style, and JSON for scripts.
import { inOneLine } from './printable.ts';
import type { Session } from './session.ts';

/** Columns as wide as their widest cell, three spaces apart, no lines, no colours. */
export const tableOf = (head: readonly string[], told: readonly (readonly string[])[]): string => {
  const rows = told.map((row) => row.map(inOneLine));
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
};

export type Column<Row> = [title: string, cell: (row: Row) => string];

/** A list in the form that was asked for. With `quiet` the first column of each row, unless told otherwise. */
export const printList = <Row>(
  session: Session,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  quietly: (row: Row) => string = (row) => columns[0]?.[1](row) ?? '',
): void => {
  if (session.quiet) for (const row of rows) session.out(inOneLine(quietly(row)));
  else if (session.format === 'json') session.out(JSON.stringify(rows, null, 2));
  else
    session.out(
      tableOf(
        columns.map(([title]) => title),
        rows.map((row) => columns.map(([, cell]) => cell(row))),
      ),
    );
};

/** `READY` as Docker's tables write it: `Ready`. */
export const capitalised = (word: string): string =>
  word
    .toLowerCase()
    .replaceAll('_', ' ')
    .replace(/^./, (letter) => letter.toUpperCase());

/** `just now`, `5 minutes ago`, in the steps that Docker uses. */
export const ago = (time: string | null | undefined): string => {
  if (time === null || time === undefined) return '';
  const seconds = Math.max(0, (Date.now() - new Date(time).getTime()) / 1_000);
  const steps: [number, string][] = [
    [86_400 * 365, 'year'],
    [86_400 * 30, 'month'],
    [86_400 * 7, 'week'],
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ];
  const [size, unit] = steps.find(([least]) => seconds >= least) ?? [1, 'second'];
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
};

/** Binary units, four digits: `7.912 GiB`. */
export const inBytes = (bytes: number): string => {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), names.length - 1);
  return `${Number((bytes / 1_024 ** power).toPrecision(4))} ${names[power]}`;
};

export const shownValue = (value: unknown): string =>
  value === null || value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
