// What is counted: operations, guards, commands, requests, subscriptions, the history. Never who asked, and no secret.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { post } from '../../lab/client.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { connect, subscribe } from '../support/live.ts';
import { type Scraped, scrape } from '../support/metrics.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { subscribeSse } from '../support/sse.ts';
import { type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

const secretValue = Buffer.from('canary-value-1').toString('base64');

describe(`counts (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 3 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm({ managers: 3 });
  });
  afterAll(() => system?.stop());

  const get = (): Promise<Scraped> => scrape(system.server.url, system.server.adminKey);
  /** 0 before the first: a counter that nothing was counted by has no sample. */
  const count = (told: Scraped, name: string, labels: Record<string, string> = {}): number =>
    told.of(name, labels).reduce((sum, { value }) => sum + value, 0);
  const last = (): string => system.members.at(-1)?.host.hostname ?? '';

  it('operations by action and final state, their time, and those that are open', async () => {
    const labels = { cluster, action: 'updateNodeLabels' };
    expect(count(await get(), 'skep_operations_total', labels)).toBe(0);
    const nodes = [last()];
    const set = [{ key: 'counted', value: 'yes' }];
    await perform('updateNodeLabels', { cluster, nodes, set, dryRun: true });
    await perform('updateNodeLabels', { cluster, nodes, set });
    await perform('updateNodeLabels', { cluster, nodes: ['nosuch'], set });
    const told = await get();
    // What is not found is of no cluster: which one would be in scope is nobody's business.
    expect(told.value('skep_operations_total', { ...labels, state: 'SUCCEEDED' })).toBe(1);
    expect(
      told.value('skep_operations_total', { cluster: '', action: 'updateNodeLabels', state: 'REFUSED' }),
    ).toBe(1);
    const { action } = labels;
    expect(told.value('skep_operation_duration_seconds_count', { action })).toBe(2);
    expect(told.value('skep_operation_duration_seconds_bucket', { action, le: '+Inf' })).toBe(2);
    expect(told.types.get('skep_operation_duration_seconds')).toBe('histogram');
    expect(told.of('skep_operations_open')).toEqual([]);
  });

  it('guards that tripped, and those that were overridden', async () => {
    const nodes = [last()];
    const refused = await perform('demoteNodes', { cluster, nodes });
    expect(refused.failure.code).toBe('NO_FAULT_TOLERANCE');
    const labels = { cluster, guard: 'NO_FAULT_TOLERANCE', action: 'demoteNodes' };
    const before = await get();
    expect(before.value('skep_guard_trips_total', labels)).toBe(1);
    expect(before.of('skep_guard_overrides_total')).toEqual([]);
    const done = await perform('demoteNodes', {
      ...{ cluster, nodes, override: ['NO_FAULT_TOLERANCE'], reason: 'a reason that nobody counts' },
    });
    expect(done.state).toBe('SUCCEEDED');
    const after = await get();
    expect(after.value('skep_guard_trips_total', labels)).toBe(2);
    expect(after.value('skep_guard_overrides_total', labels)).toBe(1);
    expect(after.value('skep_cluster_managers', { cluster })).toBe(2);
  });

  it('commands to agents by kind and outcome, with the code of those that failed', async () => {
    const before = await get();
    expect(count(before, 'skep_commands_total', { kind: 'UpdateNode', outcome: 'DONE' })).toBeGreaterThan(0);
    expect(before.of('skep_command_failures_total', { kind: 'ReadCluster' })).toEqual([]);
    const created = await perform('createSecret', { cluster, name: 'canary', value: secretValue });
    expect(created.state).toBe('SUCCEEDED');
    const told = await get();
    expect(told.value('skep_commands_total', { kind: 'CreateSecret', outcome: 'DONE' })).toBe(1);
    expect(told.value('skep_command_duration_seconds_count', { kind: 'CreateSecret' })).toBe(1);
    // Its agent is there and hears from no engine.
    await system.members[0]?.host.stop();
    await until(
      async () => count(await get(), 'skep_command_failures_total', { kind: 'ReadCluster' }) > 0,
      'a read of the cluster failed',
    );
    const failed = await get();
    expect(count(failed, 'skep_commands_total', { kind: 'ReadCluster', outcome: 'FAILED' })).toBe(
      count(failed, 'skep_command_failures_total', { kind: 'ReadCluster' }),
    );
    await until(
      async () => (await get()).value('skep_host_engine_up', { host: system.members[0]?.hostId ?? '' }) === 0,
      'the agent has told that its engine is away',
    );
    await system.members[0]?.host.start();
    await until(
      async () => (await get()).value('skep_host_engine_up', { host: system.members[0]?.hostId ?? '' }) === 1,
      'it is back',
    );
  });

  it('requests by kind, and errors by code, each once', async () => {
    const { url, adminKey } = system.server;
    const before = await get();
    const more = async (name: string, labels: Record<string, string>): Promise<number> =>
      count(await get(), name, labels) - count(before, name, labels);
    await post(url, adminKey, '{ nodes { totalCount } }');
    await post(url, adminKey, '{ nodes { totalCount } }');
    await post(url, adminKey, '{ viewer { name } }');
    await post(
      url,
      adminKey,
      'mutation { renameHost(input: { id: "nosuch", name: "x", dryRun: true }) { state } }',
    );
    expect(await more('skep_requests_total', { kind: 'query' })).toBe(3);
    expect(await more('skep_requests_total', { kind: 'mutation' })).toBe(1);
    await post(url, 'nosuch', '{ viewer { name } }');
    await post(url, adminKey, '{ nosuch }');
    await post(url, adminKey, '{ node(ref: "x") { nosuch } nosuch }');
    await post(url, adminKey, 'nonsense');
    expect(await more('skep_request_errors_total', { code: 'UNAUTHENTICATED' })).toBe(1);
    expect(await more('skep_request_errors_total', { code: 'BAD_USER_INPUT' })).toBe(4);
    expect(await more('skep_requests_total', { kind: 'query' })).toBe(3);
  });

  it('subscriptions that are open, over sockets and SSE, what they were told, and cursors that are too old', async () => {
    const { url, socketUrl, adminKey } = system.server;
    const document =
      'subscription($after: String) { auditRecorded(after: $after) { cursor record { seq } } }';
    const client = connect(socketUrl, adminKey);
    const [socket, sse] = [subscribe(client, document), subscribeSse(url, adminKey, document)];
    const open = async (): Promise<number> =>
      count(await get(), 'skep_subscriptions_open', { topic: 'AUDIT' });
    await until(async () => (await open()) === 2, 'both are open');
    const before = count(await get(), 'skep_subscription_events_total', { topic: 'AUDIT' });
    await perform('renameHost', { id: system.members[0]?.hostId, name: 'counted' });
    await until(() => socket.received.length === 2 && sse.received.length === 2, 'intent and outcome');
    expect(count(await get(), 'skep_subscription_events_total', { topic: 'AUDIT' }) - before).toBe(4);
    const old = Buffer.from('another:1').toString('base64url');
    const late = subscribe(client, document, { after: old });
    await until(() => late.errors.length === 1, 'it is refused');
    expect((await get()).value('skep_request_errors_total', { code: 'CURSOR_TOO_OLD' })).toBe(1);
    socket.stop();
    sse.stop();
    await until(async () => (await open()) === 0, 'both are closed');
    await client.dispose();
  });

  it('the history: records by phase, its head, and its last verification', async () => {
    const before = await get();
    expect(before.of('skep_audit_verification_ok')).toEqual([]);
    await system.ask('{ verifyAudit { ok } }');
    const history = await readHistory(system.ask);
    const told = await get();
    expect(told.value('skep_audit_verification_ok')).toBe(1);
    expect(told.value('skep_audit_verification_timestamp_seconds')).toBeGreaterThan(Date.now() / 1_000 - 60);
    for (const phase of ['INTENT', 'OUTCOME', 'OBSERVED'])
      expect(told.value('skep_audit_records_total', { phase })).toBe(
        history.filter((record) => record.phase === phase).length,
      );
    await until(
      async () => (await get()).value('skep_audit_head') === history.at(-1)?.seq,
      'the head is signed',
      15_000,
    );
  });

  it('says nothing of who asked and why, and no secret', async () => {
    const { text, types } = await get();
    for (const secret of [
      'canary-value',
      secretValue,
      'first admin',
      'nobody counts',
      'SWMTKN',
      'skep_key_',
      system.server.adminKey,
    ])
      expect(text).not.toContain(secret);
    for (const name of types.keys()) expect(name).toMatch(/^(skep|process|nodejs)_[a-z0-9_]+$/);
    for (const [name, type] of types)
      if (name.startsWith('skep_')) expect(name.endsWith('_total'), name).toBe(type === 'counter');
  });
});
