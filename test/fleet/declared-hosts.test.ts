// Which host is declared how: patterns, labels of engines, entries by host before those by match.
import { describe, expect, it } from 'vitest';
import { declaredHosts, fitsPattern } from '../../server/fleet/declared-hosts.ts';
import { parseDocument } from '../../server/fleet/parse.ts';
import type { Host } from '../../server/hosts/host.ts';

const hostOf = (name: string, ...labels: string[]): Host =>
  ({
    id: `id-${name}`,
    name,
    status: 'CONNECTED',
    membership: null,
    report: { engine: { labels } },
  }) as unknown as Host;
const hosts = [
  hostOf('alpha'),
  hostOf('web-1', 'rack=r1'),
  hostOf('web-2', 'rack=r2'),
  hostOf('web-3', 'rack=r1'),
];
const declaredOf = (...nodes: object[]) =>
  declaredHosts(
    parseDocument(
      JSON.stringify({ skepFleet: 1, cluster: 'c', nodes: [{ host: 'alpha', role: 'manager' }, ...nodes] }),
    ),
    hosts,
  ).map(({ host, entry }) =>
    [host.name, entry.role, ...entry.labels.map(({ key, value }) => `${key}=${value}`)].join(' '),
  );

describe('patterns', () => {
  it.each([
    ['web-*', 'web-1', true],
    ['web-*', 'web-', true],
    ['web-*', 'a-web-1', false],
    ['*', '', true],
    ['*1', 'web-1', true],
    ['a*a', 'a', false],
    ['a*b*c', 'a-c-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a.c', 'abc', false],
    ['alpha', 'alpha', true],
    ['alpha', 'alpha2', false],
    [`${'*a'.repeat(120)}b`, 'a'.repeat(100), false],
  ])('%s and %s: %s', (pattern, name, fits) => expect(fitsPattern(pattern, name)).toBe(fits));
});

describe('declared hosts', () => {
  it('are those that have all that an entry matches, by name', () => {
    expect(declaredOf({ match: { name: 'web-*', engineLabels: { rack: 'r1' } }, role: 'worker' })).toEqual([
      'alpha MANAGER',
      'web-1 WORKER',
      'web-3 WORKER',
    ]);
  });

  it('have what several entries say together', () => {
    expect(
      declaredOf(
        { match: { name: 'web-*' }, role: 'worker', labels: { a: '1' } },
        { match: { engineLabels: { rack: 'r2' } }, role: 'worker', labels: { a: '1', b: '2' } },
      ),
    ).toEqual(['alpha MANAGER', 'web-1 WORKER a=1', 'web-2 WORKER a=1 b=2', 'web-3 WORKER a=1']);
  });

  it('have their own entry alone, wherever it stands', () => {
    expect(
      declaredOf(
        { match: { name: 'web-*' }, role: 'worker', labels: { a: '1' } },
        { host: 'id-web-2', role: 'manager' },
      ),
    ).toEqual(['alpha MANAGER', 'web-1 WORKER a=1', 'web-3 WORKER a=1', 'web-2 MANAGER']);
  });

  it.each([
    [{ role: 'manager' }, 'differ in role'],
    [{ role: 'worker', availability: 'drain' }, 'differ in availability'],
    [{ role: 'worker', labels: { a: '2' } }, 'differ in labels.a'],
    [{ role: 'worker', labels: { a: null } }, 'differ in labels.a'],
    [{ role: 'worker', listenAddr: '10.0.0.1' }, 'differ in listenAddr'],
  ])('that two entries contradict are refused: %j', (other, message) => {
    const entry = { match: { name: 'web-*' }, role: 'worker', labels: { a: '1' } };
    expect(() => declaredOf(entry, { match: { name: '*-1' }, ...other })).toThrow(message);
    expect(() => declaredOf({ match: { name: '*-1' }, ...other }, entry)).toThrow(`both fit host web-1`);
  });
});
