// Each promise has its tests, each test a break that it must notice, and the README tells of no other ones.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { beside, pledges } from './list.ts';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

describe('the nine promises', () => {
  it('are nine, in order, each with a test', () => {
    expect(pledges.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(pledges.filter(({ shown }) => shown.length === 0)).toEqual([]);
  });

  it('stand in the README word for word, each with a link to its tests', () => {
    const lines = read('README.md').split('\n');
    for (const { number, says, shown } of pledges) {
      const line = lines.find((text) => text.startsWith(`${number}. `) && text.includes('](test/')) ?? '';
      expect(line.replaceAll(/[*`]/g, ''), `promise ${number}`).toContain(
        says.replaceAll('`', '').replace(/\.$/, ''),
      );
      for (const { test } of shown) expect(line, `promise ${number}`).toContain(`](${test})`);
    }
    for (const { test } of beside.flatMap(({ shown }) => shown))
      expect(read('README.md')).toContain(`](${test})`);
  });

  it.each([...pledges, ...beside].flatMap(({ shown }) => shown))(
    '$test has «$name», and the break can be made',
    (one) => {
      const titles = read(one.test).match(/\b(?:it|test)(?:\.\w+)?(?:\([^)]*\))?\(\s*(['"`])(.*?)\1/gs) ?? [];
      expect(titles.filter((title) => title.includes(one.name))).toHaveLength(1);
      expect(read(one.broken.file).split(one.broken.find)).toHaveLength(2);
      expect(one.broken.replace).not.toBe(one.broken.find);
    },
  );
});
