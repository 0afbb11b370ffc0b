// A small table for a terminal.

/** Prints rows below a head, each column as wide as its longest cell. */
export const printTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  say: (line: string) => void,
): void => {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd();
  say(line(head));
  say(line(widths.map((width) => '─'.repeat(width))));
  for (const row of rows) say(line(row));
};
