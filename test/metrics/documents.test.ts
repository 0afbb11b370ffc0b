// docs/numbers.md and the examples for Prometheus: they name what /metrics tells, and all of it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createCounts } from '../../server/metrics/counts.ts';
import { createMetrics } from '../../server/metrics/metrics.ts';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** Of a server that has nothing yet. */
const none = () => [];
const { families, scrape } = createMetrics({
  counts: createCounts(),
  clusters: { list: none, onForgotten: () => undefined },
  hosts: { list: none },
  declarations: { list: none },
  operations: { open: none },
  heads: { newest: () => null },
});

/** By name, what prom-client says of each family. */
const told = async (): Promise<Map<string, { type: string; help: string }>> => {
  const { text } = await scrape(null, 'text');
  return new Map(
    [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(
      ([, name = '', help = '', type = '']) => [name, { type, help }],
    ),
  );
};

describe('docs/numbers.md (vitest -u writes it anew)', () => {
  it('lists every metric that the server tells', async () => {
    const all = await told();
    const ours = families.map(({ name, type, labels, help }) => {
      expect(all.get(name), name).toEqual({ type, help });
      return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |`;
    });
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
    const others = [...all].filter(([name]) => !name.startsWith('skep_'));
    expect(others.length + ours.length).toBe(all.size);
    expect(others.length).toBeGreaterThan(15);
    const page = read('docs/numbers.md');
    // Of another system the process tells less, and the page stays as it is.
    const ofProcess =
      process.platform === 'linux'
        ? others.map(([name, { type, help }]) => `| \`${name}\` | ${type} | | ${help} |`)
        : page.split('\n').filter((line) => /^\| `(process|nodejs)_/.test(line));
    const table = [
      '| metric | type | labels | meaning |',
      '| --- | --- | --- | --- |',
      ...ours,
      ...ofProcess,
    ].join('\n');
    const written = page.replace(
      /(<!-- metrics: [^>]* -->\n)[\s\S]*(\n<!-- end of metrics -->)/,
      (_, begin: string, end: string) => `${begin}${table}${end}`,
    );
    expect(written).toContain(table);
    await expect(written).toMatchFileSnapshot('../../docs/numbers.md');
  });
});

describe('the examples for Prometheus', () => {
  const { scrape_configs: jobs, rule_files: files } = parse(read('docs/examples/prometheus.yml'));
  const { groups } = parse(read('docs/examples/prometheus-alerts.yml'));
  const rules: { alert: string; expr: string; annotations: { summary: string } }[] = groups.flatMap(
    ({ rules: each }: { rules: unknown }) => each,
  );

  it('scrape with a key that is read from a file, and load the rules that are there', () => {
    expect(jobs[0].authorization).toEqual({ credentials_file: '/etc/prometheus/skep.key' });
    expect(jobs[0].metrics_path ?? '/metrics').toBe('/metrics');
    for (const file of files) expect(read(`docs/examples/${file}`)).not.toBe('');
  });

  it('tell in $value what the summary says, and one alert of one thing', () => {
    for (const { alert, expr, annotations } of rules) {
      // Of `a and b` and `a unless b` the value is that of a.
      const [first = ''] = expr.split(/\b(?:and|unless|or)\b/);
      if (/\$value/.test(annotations.summary)) expect(first, alert).not.toMatch(/==/);
      if (/humanizeDuration/.test(annotations.summary)) expect(first, alert).toContain('time() -');
      // Other labels on the two sides are two alerts; those of one metric are the same.
      const sides = expr.split(/\bor\b/);
      const names = new Set(sides.map((side) => /\b(?:up|skep_\w+)/.exec(side)?.[0]));
      if (names.size > 1) for (const side of sides) expect(side, alert).toContain('max by (cluster)');
    }
  });

  it.skipIf(spawnSync('promtool', ['--version']).status !== 0)(
    'fire as they say, by Prometheus itself where it is installed',
    () => {
      const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'alerts.promtool.yml'], {
        cwd: fileURLToPath(new URL('.', import.meta.url)),
        encoding: 'utf8',
      });
      expect({ status, told: stdout + stderr }).toEqual({
        status: 0,
        told: expect.stringContaining('SUCCESS'),
      });
    },
  );

  it('alert on quorum, nodes, agents, operations and drift', () => {
    expect(rules.map(({ alert }) => alert)).toEqual(
      expect.arrayContaining([
        ...['SwarmQuorumAtRisk', 'SwarmNodeDown', 'SkepAgentSilent', 'SkepOperationFailed', 'SwarmDrift'],
      ]),
    );
  });

  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s names metrics and labels that there are',
    (_, { expr, annotations }) => {
      const known = new Map<string, readonly string[]>([
        ...families.map(({ name, labels }) => [name, labels] as const),
        // Of Prometheus itself.
        ['up', ['job']] as const,
      ]);
      const named = [...expr.matchAll(/\b(up|(?:skep|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)];
      expect(named.length).toBeGreaterThan(0);
      for (const [, name = '', matchers = ''] of named) {
        expect([...known.keys()]).toContain(name);
        for (const [, label = ''] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
          expect(known.get(name), `${name}{${label}}`).toContain(label);
      }
      const labels = named.flatMap(([, name = '']) => known.get(name) ?? []);
      for (const [, list = ''] of expr.matchAll(/\b(?:on|by|group_left) \(([^)]*)\)/g))
        for (const label of list.split(',')) expect(labels, expr).toContain(label.trim());
      for (const [, label] of annotations.summary.matchAll(/\$labels\.(\w+)/g))
        expect(labels).toContain(label);
    },
  );
});
