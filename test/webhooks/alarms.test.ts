// Each kind of alarm, provoked through the front door, with its end; and who is told of what.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterIs } from '../recovery/steps.ts';
import { at } from '../support/at.ts';
import { changeNode } from '../support/docker.ts';
import { engineOf } from '../support/engine-api.ts';
import { connected } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';
import { type Received, type Receiver, startReceiver, verified } from './receiver.ts';

describe('alarms, on SIMULATED engines', () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let secret: string;
  /** Is told of all. */
  let receiver: Receiver;
  /** Is told of the cluster alone. */
  let ofCluster: Receiver;

  const host = (index: number) => at(system.members, index).host;
  const nodeOf = async (index: number): Promise<string> =>
    (await engineOf(host(0)).nodes())[host(index).hostname].ID;
  const database = (): Database.Database => new Database(join(system.dir, 'data', 'skep.db'));
  /** Both are of one alarm, and signed. */
  const areOne = (first: Received, last: Received): void => {
    expect(last.body.data.alarm).toEqual(first.body.data.alarm);
    expect(last.id).not.toBe(first.id);
    for (const each of [first, last]) expect(verified(secret, each)).toEqual(each.body);
  };

  beforeAll(async () => {
    system = await startSystem({
      engines: { kind: 'simulated', version: '28.5', speed: 4 },
      hosts: 4,
      env: { SKEP_WEBHOOK_GRACE_SECONDS: '0.5', SKEP_DRIFT_INTERVAL_MS: '300' },
    });
    perform = createPerform(system.server.url, system.server.adminKey);
    receiver = await startReceiver();
    ofCluster = await startReceiver();
    cluster = await system.formSwarm({ managers: 3 });
    await clusterIs(system.ask, cluster, 'HEALTHY');
    const { __type } = await system.ask('{ __type(name: "AlarmKind") { enumValues { name } } }');
    const alarms = __type.enumValues.map(({ name }: { name: string }) => name);
    const made = await perform('createWebhook', { name: 'all', url: receiver.url, alarms });
    secret = made.payload.secret;
    await perform('createWebhook', { name: 'one', url: ofCluster.url, alarms, clusters: [cluster] });
  });
  afterAll(async () => {
    await Promise.all([receiver?.close(), ofCluster?.close()]);
    await system?.stop();
  });

  it('an agent that is stopped, and started again', { timeout: 60_000 }, async () => {
    const { agent, hostId } = at(system.members, 3);
    await agent.kill9();
    const silent = await receiver.of('agent.silent', (data) => data.host.id === hostId);
    expect(silent.body.data).toMatchObject({
      alarm: { kind: 'AGENT_SILENT' },
      cluster: { id: cluster, name: 'test' },
      host: { name: host(3).hostname },
      from: 'CONNECTED',
      to: 'DISCONNECTED',
      detail: { lastSeenAt: expect.any(String) },
      url: null,
    });
    await agent.start();
    areOne(silent, await receiver.of('agent.back', (data) => data.host.id === hostId));
  });

  it('an operation that an engine refuses', async () => {
    for (const each of system.machines.world?.engines() ?? [])
      each.fault({ match: 'POST /nodes/*/update', times: 1, kind: 'status', status: 500, message: 'no' });
    const nodes = [await nodeOf(3)];
    const failed = await perform('updateNodeLabels', { cluster, nodes, set: [{ key: 'a', value: 'b' }] });
    for (const each of system.machines.world?.engines() ?? []) each.clearFaults();
    expect(failed).toMatchObject({ state: 'FAILED' });
    const told = await receiver.of('operation.failed');
    expect(verified(secret, told)).toMatchObject({
      data: {
        alarm: { kind: 'OPERATION_FAILED' },
        cluster: { id: cluster },
        operation: {
          id: failed.id,
          action: 'updateNodeLabels',
          state: 'FAILED',
          actor: { kind: 'API_KEY', name: 'first admin' },
          failure: { code: failed.failure.code },
          targets: [{ kind: 'NODE', id: nodes[0], name: host(3).hostname, state: 'FAILED' }],
        },
        to: 'FAILED',
      },
    });
    expect((await ofCluster.of('operation.failed')).body.data).toEqual(told.body.data);
  });

  it('a cluster that differs from its document, and does no longer', { timeout: 60_000 }, async () => {
    const id = await nodeOf(3);
    const applied = await perform('applyFleet', {
      document: JSON.stringify({
        skepFleet: 1,
        cluster,
        nodes: [0, 1, 2, 3].map((index) => ({
          match: { name: host(index).hostname },
          role: index < 3 ? 'manager' : 'worker',
          ...(index === 3 && { labels: { zone: 'a' } }),
        })),
      }),
    });
    expect(applied).toMatchObject({ state: 'SUCCEEDED' });
    await changeNode(host(0), id, () => ({ Labels: { zone: 'value-of-a-label' } }));
    const drift = await receiver.of('fleet.drift');
    expect(drift.body.data).toMatchObject({
      cluster: { id: cluster },
      from: 'IN_SYNC',
      to: 'DRIFTED',
      detail: {
        differences: 1,
        first: [{ kind: 'NODE', id, name: host(3).hostname, path: 'labels.zone' }],
      },
    });
    expect(drift.text).not.toContain('value-of-a-label');
    await changeNode(host(0), id, () => ({ Labels: { zone: 'a' } }));
    areOne(drift, await receiver.of('fleet.in_sync'));
  });

  it('a token that nobody has rotated for half a year, and that is', { timeout: 60_000 }, async () => {
    await system.server.stop();
    const file = database();
    file
      .prepare('UPDATE "Cluster" SET "workerTokenSeenAt" = ?, "workerRotatedAt" = NULL')
      .run('2020-01-31T00:00:00.000+00:00');
    file.close();
    await system.server.start();
    await connected(system.ask);
    const overdue = await receiver.of('token.overdue');
    expect(overdue.body.data).toMatchObject({
      alarm: { kind: 'TOKEN_OVERDUE', since: '2020-07-31T00:00:00.000Z' },
      cluster: { id: cluster },
      detail: { role: 'WORKER', since: '2020-01-31T00:00:00.000Z', due: '2020-07-31T00:00:00.000Z' },
    });
    expect(await perform('rotateJoinToken', { cluster, role: 'WORKER' })).toMatchObject({
      state: 'SUCCEEDED',
    });
    areOne(overdue, await receiver.of('token.rotated'));
  });

  it('an act that could not be put on record: told while the database takes nothing', {
    timeout: 60_000,
  }, async () => {
    const other = database();
    other.exec('BEGIN IMMEDIATE');
    let posted: Received;
    try {
      const input = { name: 'x', role: 'VIEWER' };
      expect(await perform.error('createApiKey', input)).toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
      posted = await receiver.of('audit.unavailable');
      expect(verified(secret, posted)).toMatchObject({ data: { cluster: null, to: 'UNAVAILABLE' } });
    } finally {
      other.exec('ROLLBACK');
      other.close();
    }
    await perform('createApiKey', { name: 'y', role: 'VIEWER' });
    areOne(posted, await receiver.of('audit.available'));
    // It is of no cluster.
    expect(ofCluster.received.filter(({ body }) => body.type.startsWith('audit.'))).toEqual([]);
  });

  it('a node that is Down, and is removed before it is back', { timeout: 90_000 }, async () => {
    await host(3).kill9();
    const down = await receiver.of('node.down', (data) => data.node.hostname === host(3).hostname);
    const removed = await perform('removeNodes', { cluster, nodes: [down.body.data.node.id] });
    expect(removed).toMatchObject({ state: 'SUCCEEDED' });
    const withdrawn = await receiver.of('alarm.withdrawn', (data) => data.alarm.kind === 'NODE_DOWN');
    areOne(down, withdrawn);
    expect(withdrawn.body.data).toMatchObject({ reason: 'NODE_REMOVED', node: down.body.data.node });
  });

  it('a cluster that tolerates no failure any more, then loses its quorum, and has both again', {
    timeout: 180_000,
  }, async () => {
    await host(1).kill9();
    const risk = await receiver.of('quorum.at_risk');
    expect(risk.body.data).toMatchObject({
      cluster: { id: cluster },
      detail: { managers: 3, reachable: 2, tolerates: 0 },
    });
    await host(2).kill9();
    // An election takes up to half a minute: before, nothing is lost.
    const lost = await until(
      () => receiver.received.find(({ body }) => body.type === 'quorum.lost'),
      'the quorum is lost',
      90_000,
    );
    expect(lost.body.data).toMatchObject({ alarm: { kind: 'QUORUM_LOST' }, to: 'QUORUM_LOST' });
    await Promise.all([host(1).start(), host(2).start()]);
    areOne(lost, await receiver.of('quorum.recovered'));
    areOne(risk, await receiver.of('quorum.safe'));
    await clusterIs(system.ask, cluster, 'HEALTHY');
  });

  it('two swarms with one id, until one is left', { timeout: 180_000 }, async () => {
    await host(0).cut();
    await until(
      async () => /does not have a leader/.test((await engineOf(host(0)).get('/info')).Swarm.Error),
      'it has no leader',
      60_000,
    );
    const forced = { ListenAddr: '0.0.0.0:2377', ForceNewCluster: true };
    expect((await engineOf(host(0)).post('/swarm/init', forced)).status).toBe(200);
    const split = await receiver.of('cluster.split');
    expect(split.body.data).toMatchObject({ cluster: { id: cluster }, to: 'SPLIT' });
    const hosts = [at(system.members, 0).hostId];
    expect(await perform('leaveSwarm', { hosts, force: true })).toMatchObject({ state: 'SUCCEEDED' });
    areOne(split, await receiver.of('cluster.whole'));
    await host(0).heal();
  });

  it('a webhook that is narrowed down tells its log of before to nobody who sees less', async () => {
    const { webhooks } = await system.ask('{ webhooks { id name } }');
    const { id } = webhooks.find(({ name }: any) => name === 'all');
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().replace('Z', '+00:00');
    const file = database();
    for (const of of [cluster, 'elsewhere', null])
      file
        .prepare(
          `INSERT INTO "WebhookDelivery" ("id", "webhookId", "type", "clusterId", "body", "state", "tries", "attemptsJson", "createdAt", "nextAttemptAt")
           VALUES (?, ?, 'node.down', ?, '{}', 'PENDING', 1, '[]', ?, ?)`,
        )
        .run(`waits-${of}`, id, of, tomorrow, tomorrow);
    expect(await perform('updateWebhook', { id, clusters: [cluster] })).toMatchObject({ state: 'SUCCEEDED' });
    // Who sees the cluster alone may give another address from now on: what is of others does not go there.
    // Not those of the host that is back, which may be on their way just now.
    const waiting = `SELECT "id" FROM "WebhookDelivery" WHERE "state" = 'PENDING' AND "id" LIKE 'waits-%'`;
    expect(file.prepare(waiting).pluck().all()).toEqual([`waits-${cluster}`]);
    file.prepare(`DELETE FROM "WebhookDelivery" WHERE "id" LIKE 'waits-%'`).run();
    file.close();
    const made = await perform('createApiKey', { name: 'scoped', role: 'ADMIN', clusters: [cluster] });
    const read =
      'query($id: ID!) { webhook(id: $id) { deliveries(first: 100) { edges { node { id type } } } } }';
    const typesOf = (answer: any): string[] =>
      answer.webhook.deliveries.edges.map(({ node }: any) => node.type);
    const all = await system.ask(read, { id });
    const seen = typesOf(await system.as(made.payload.key)(read, { id }));
    expect(typesOf(all)).toContain('audit.available');
    expect(seen).toContain('node.down');
    expect(seen.filter((type) => type.startsWith('audit.'))).toEqual([]);
    const delivery = all.webhook.deliveries.edges.find(
      ({ node }: any) => node.type === 'audit.available',
    ).node;
    const asScoped = createPerform(system.server.url, made.payload.key);
    expect(await asScoped('updateWebhook', { id, url: ofCluster.url })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'FORBIDDEN' },
    });
    expect(await asScoped('redeliver', { delivery: delivery.id })).toMatchObject({
      state: 'REFUSED',
      failure: { code: 'NOT_FOUND' },
    });
  });

  it('each message came once to each, and no other', () => {
    for (const { received } of [receiver, ofCluster]) {
      const types = received.map(({ body }) => `${body.type} ${body.data.alarm.id}`);
      const posted = types.filter((each) => !each.startsWith('audit.unavailable'));
      expect([...new Set(posted)]).toEqual(posted);
    }
  });
});
