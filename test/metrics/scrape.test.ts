// GET /metrics: who may, in which form, and that it says of nodes, hosts and clusters what the API says.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../lab/processes.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { scrape } from '../support/metrics.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

describe(`metrics (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  /** Keys of viewers: of all, of the one cluster, of another one. */
  const keys = new Map<string, string>();

  beforeAll(async () => {
    system = await startSystem({
      engines,
      hosts: 3,
      env: { SKEP_WRONG_KEYS_PER_MINUTE: '5', SKEP_DRIFT_INTERVAL_MS: '200' },
    });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    for (const [name, clusters] of [
      ['all', null],
      ['one', [cluster]],
      ['none', []],
    ] as const) {
      const { payload } = await perform('createApiKey', { name, role: 'VIEWER', clusters });
      keys.set(name, payload.key);
    }
  });
  afterAll(() => system?.stop());

  const get = (key: string | null, headers?: Record<string, string>) =>
    scrape(system.server.url, key, headers);
  const as = (name: string, headers?: Record<string, string>) => get(keys.get(name) ?? '', headers);

  it('is refused without a key, by another method, and without the permission, which is on record', async () => {
    expect((await get(null)).status).toBe(401);
    const url = system.server.url.replace(/graphql$/, 'metrics');
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
    const refused = await as('none');
    expect({ status: refused.status, code: JSON.parse(refused.text).errors[0].extensions.code }).toEqual({
      status: 403,
      code: 'FORBIDDEN',
    });
    const [denied] = await readHistory(system.ask, { action: 'readMetrics' });
    expect(denied).toMatchObject({ phase: 'DENIED', actor: { name: 'none' } });
  });

  it('wrong keys are limited, and the right one is taken all the same', async () => {
    const statuses = [];
    for (let guess = 0; guess < 8; guess += 1) statuses.push((await get(`nosuch${guess}`)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect((await as('all')).status).toBe(200);
  });

  it('tells of nodes, hosts and the cluster what the API tells', async () => {
    const told = await as('all');
    expect(told.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    const { nodes, hosts } = await system.ask(
      '{ nodes { edges { node { id hostname role availability status { state } managerStatus { leader } host { id } engineVersion } } } hosts { edges { node { id name agentVersion status } } } }',
    );
    expect(nodes.edges).toHaveLength(3);
    for (const { node } of nodes.edges) {
      const { id, hostname, role, availability, engineVersion } = node;
      const labels = { cluster, node: id };
      expect(
        told.value('skep_node_info', {
          ...{ ...labels, hostname, role, host: node.host.id, engine_version: engineVersion },
        }),
      ).toBe(1);
      expect(told.value('skep_node_up', labels)).toBe(node.status.state === 'READY' ? 1 : 0);
      expect(told.of('skep_node_availability', labels)).toMatchObject([
        { labels: { availability }, value: 1 },
      ]);
      expect(told.value('skep_node_manager', labels)).toBe(node.managerStatus ? 1 : 0);
      expect(told.of('skep_node_leader', labels).map(({ value }) => value)).toEqual(
        node.managerStatus ? [1] : [],
      );
      expect(told.value('skep_node_stale', labels)).toBe(0);
    }
    for (const { node } of hosts.edges) {
      const labels = { cluster, host: node.id };
      expect(
        told.value('skep_host_info', { ...labels, name: node.name, agent_version: node.agentVersion }),
      ).toBe(1);
      expect(told.value('skep_host_connected', labels)).toBe(1);
      expect(told.value('skep_host_last_seen_timestamp_seconds', labels)).toBeGreaterThan(1_700_000_000);
    }
    expect(told.value('skep_cluster_info', { cluster, name: 'test' })).toBe(1);
    expect(told.of('skep_cluster_state', { cluster }).filter(({ value }) => value === 1)).toMatchObject([
      { labels: { state: 'AT_RISK' } },
    ]);
    const ofCluster = (name: string): number => told.value(`skep_cluster_${name}`, { cluster });
    expect(
      ['nodes', 'managers', 'managers_reachable', 'managers_needed', 'managers_tolerated', 'stale'].map(
        ofCluster,
      ),
    ).toEqual([3, 1, 1, 1, 0, 0]);
    expect(ofCluster('observed_timestamp_seconds')).toBeGreaterThan(Date.now() / 1_000 - 60);
    // As docs/numbers.md says: of each what there is.
    const about = (prefix: string): number =>
      told.samples.filter(({ name }) => name.startsWith(`skep_${prefix}_`)).length;
    expect([about('node'), about('host'), about('cluster')]).toEqual([7 + 2 * 5, 3 * 5, 16]);
    expect(told.value('process_start_time_seconds')).toBeGreaterThan(1_700_000_000);
  });

  it('a key of one cluster is told of that one, and nothing of the server', async () => {
    const told = await as('one');
    expect(told.of('skep_node_up')).toHaveLength(3);
    expect(new Set(told.samples.map(({ labels }) => labels.cluster))).toEqual(new Set([cluster]));
    const { payload } = await perform('createApiKey', {
      name: 'other',
      role: 'VIEWER',
      clusters: ['nosuch'],
    });
    expect((await get(payload.key)).samples).toEqual([]);
  });

  it('is OpenMetrics for who asks for it, as Prometheus does', async () => {
    const accept =
      'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
    for (let again = 0; again < 2; again += 1) {
      const told = await as('all', { accept });
      expect(told.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
      expect(told.text.endsWith('\n# EOF\n')).toBe(true);
      expect(told.types.get('process_cpu_seconds')).toBe('counter');
      expect(told.of('process_cpu_seconds_total')).toHaveLength(1);
      expect((await as('all')).of('process_cpu_seconds_total')).toHaveLength(1);
    }
  });

  it('drift from the declaration shows, and that it could not be looked at', async () => {
    expect((await as('all')).of('skep_fleet_differences')).toEqual([]);
    const [manager] = system.members;
    const node = manager?.host.hostname ?? '';
    const document = JSON.stringify({
      ...{ skepFleet: 1, cluster: 'test' },
      nodes: [{ match: { name: node }, role: 'manager', labels: { disk: 'ssd' } }],
    });
    const applied = await perform('applyFleet', { document, waitSeconds: 60 });
    expect(applied.state, JSON.stringify(applied.failure)).toBe('SUCCEEDED');
    const differences = async (): Promise<number> =>
      (await as('one')).value('skep_fleet_differences', { cluster });
    expect(await differences()).toBe(0);
    await perform('updateNodeLabels', { cluster, nodes: [node], remove: ['disk'] });
    await until(async () => (await differences()) === 1, 'the label is missed');
    expect((await as('one')).value('skep_fleet_comparison_failed', { cluster })).toBe(0);
    await manager?.host.stop();
    await until(
      async () => (await as('one')).value('skep_fleet_comparison_failed', { cluster }) === 1,
      'nobody can be asked',
    );
    expect((await as('one')).value('skep_cluster_stale', { cluster })).toBe(1);
    await manager?.host.start();
    await until(
      async () => (await as('one')).value('skep_fleet_comparison_failed', { cluster }) === 0,
      'it is compared again',
    );
  });

  it('an agent that falls silent shows', async () => {
    const [, , last] = system.members;
    await last?.agent.kill9();
    await until(
      async () => (await as('all')).value('skep_host_connected', { host: last?.hostId ?? '' }) === 0,
      'the agent of the last host is gone',
    );
    await last?.agent.start();
    await until(
      async () => (await as('all')).value('skep_host_connected', { host: last?.hostId ?? '' }) === 1,
      'it is back',
    );
  });
});

it('is not there where it is turned off', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'skep-'));
  const server = await startServer({ dir, env: { SKEP_METRICS: 'no' } });
  try {
    const { status, text } = await scrape(server.url, server.adminKey);
    expect({ status, text }).toEqual({ status: 404, text: 'metrics are off: SKEP_METRICS\n' });
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true });
  }
});
