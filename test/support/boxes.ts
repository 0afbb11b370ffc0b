// The commands that a page of the documentation has its reader type.
import { readFileSync } from 'node:fs';
import type { LabHost } from '../../lab/engines/host.ts';

/** The boxes for a shell below a heading, such as `## Backup`, up to the next one. */
export const boxesBelow = (page: string, heading: string): string[] => {
  const text = `\n${readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')}`;
  const begin = text.indexOf(`\n${heading}\n`);
  if (begin === -1) throw new Error(`${page} has no ${heading}`);
  const part = text.slice(begin + heading.length + 2).split(/^#{2,3} /m, 1)[0] ?? '';
  return [...part.matchAll(/^```(?:sh|bash)\n(.*?)^```$/gms)].map(([, box = '']) => box);
};

/** Types into a shell on a host that ends at the first line that fails. @returns what it printed */
export const typeOn = (host: LabHost, text: string, folder = '/root'): Promise<string> =>
  host.exec(['bash', '-e', '-c', `cd ${folder}\n${text}`]);

/** The commands of a box that begin so, with the lines that go on after a backslash. */
export const commandsOf = (box: string, start: string): string[] =>
  box.split(/(?<!\\)\n/).filter((command) => command.startsWith(start));
