// The benchmarks: they run, and the README shows the figures that were measured.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Row, Sample } from '../bench/measure.ts';
import { measures } from '../bench/measures.ts';
import { type Results, readResults, withTable } from '../bench/results.ts';
import { alternate, summarise } from '../bench/rounds.ts';
import { folderWithHistory, seeded } from '../bench/seed-history.ts';
import { createAsk } from '../lab/client.ts';
import { createLifetime } from '../lab/lifetime.ts';
import { startServer } from '../lab/processes.ts';

const checkout = fileURLToPath(new URL('..', import.meta.url));
const bench = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...args], {
    cwd: checkout,
    encoding: 'utf8',
  });
const resultsText = () =>
  existsSync(`${checkout}bench/results.json`) ? readFileSync(`${checkout}bench/results.json`, 'utf8') : null;

const row = (compare: Row['compare'], goal: number): Row => ({
  id: 'x',
  what: 'x',
  unit: 'ms',
  compare,
  goal,
});

describe('a row', () => {
  const samples: Sample[] = [
    { ours: 10, reference: 5 },
    { ours: 30, reference: 10 },
    { ours: 20, reference: 20 },
  ];

  it('refuses what is no measurement', () => {
    expect(() => summarise(row('ratio', 1), [])).toThrow(RangeError);
    expect(() => summarise(row('ratio', 1), [{ ours: 1, reference: 0 }])).toThrow(RangeError);
    expect(() => summarise(row('ours', 1), [{ ours: Number.NaN, reference: 0 }])).toThrow(RangeError);
  });

  it('is held against its goal by ratio, difference or itself', () => {
    expect(summarise(row('ratio', 2), samples)).toMatchObject({
      ours: 20,
      reference: 10,
      ratio: 2,
      spread: [1, 3],
      rounds: 3,
      holds: true,
    });
    expect(summarise(row('ratio', 1.9), samples).holds).toBe(false);
    expect(summarise(row('difference', 10), samples)).toMatchObject({ spread: [0, 20], holds: true });
    expect(summarise(row('difference', 9.9), samples).holds).toBe(false);
    expect(summarise(row('ours', 20), samples)).toMatchObject({ spread: [10, 30], holds: true });
    expect(summarise(row('ours', 19.9), samples).holds).toBe(false);
  });

  it('has its sides take turns', async () => {
    const order: string[] = [];
    const side = (name: string) => async () => order.push(name);
    await alternate(3, { ours: side('a'), reference: side('b') });
    expect(order.join('')).toBe('abbaab');
  });
});

describe('npm run bench', () => {
  it('knows its measures apart', () => {
    const ids = measures.flatMap(({ rows }) => rows.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z][a-zA-Z0-9]*$/.test(id))).toEqual([]);
  });

  it('refuses a measure that there is not', () => {
    const { status, stdout } = bench('--short', '--only', 'nothing');
    expect({ status, stdout }).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('no measure nothing'),
    });
  });

  it('--short runs and writes nothing', { timeout: 120_000 }, () => {
    const before = resultsText();
    const { status, stdout, stderr } = bench('--short', '--only', 'auditIntents');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/auditIntents: [\d.]+ s/);
    expect(resultsText()).toBe(before);
  });
});

describe('a history that was written for a measure', () => {
  const life = createLifetime();
  afterAll(() => life.end());

  it('is one that the server takes for its own, and finds things in', { timeout: 120_000 }, async () => {
    const context = { rounds: 1, short: true, log: () => undefined, own: life.own };
    const dir = await folderWithHistory(context, 5_000);
    const server = await life.own(
      () => startServer({ dir }),
      (started) => started.stop(),
    );
    const ask = createAsk(() => server.url, server.adminKey);
    const { verifyAudit } = await ask('{ verifyAudit { ok checked fault { seq message } } }');
    // Its own first record comes after.
    expect(verifyAudit).toEqual({ ok: true, checked: 5_001, fault: null });
    const [actor, node, action] = [seeded.actors[0], seeded.nodes[7], seeded.actions[0]];
    for (const filter of [{ actor }, { target: node }, { action }]) {
      const { auditLog } = await ask(
        'query($filter: AuditFilter) { auditLog(first: 1, filter: $filter) { edges { node { seq } } } }',
        { filter },
      );
      expect({ filter, found: auditLog.edges.length }).toEqual({ filter, found: 1 });
    }
  });
});

describe('the README', () => {
  const readme = readFileSync(`${checkout}README.md`, 'utf8');

  it('has a place for the table', () => {
    const results: Results = {
      at: '2026-11-28T10:00:00.000Z',
      node: 'v20.19.0',
      cpus: 2,
      measures: [summarise(row('ratio', 2), [{ ours: 1, reference: 2 }])],
    };
    expect(withTable(readme, results)).toContain('| x | 1 ms | 2 | 0.5 × | 0.5 – 0.5 | ≤ 2 × | yes |');
  });

  it('shows what bench/results.json has (npm run bench -- --readme writes it anew)', () => {
    const results = readResults();
    if (results) expect(withTable(readme, results)).toBe(readme);
  });
});
