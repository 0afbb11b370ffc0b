// Rotating a swarm's root CA: what blocks it, how it is told, the pinned digest that follows it in time, late, and after
// the server was killed on the way.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineApi, engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { begin, connected, ended, readOperation } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

describe(`rotating the root CA (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let api: EngineApi;
  let worker: Member;

  const clusterIs = async () =>
    (
      await system.ask(
        '{ clusters { caDigest rootRotationInProgress joinTokens { role fingerprint rotatedAt } watcher { stale } } }',
      )
    ).clusters[0];
  const progressOf = async (id: string) =>
    (await system.ask('query($id: ID!) { operation(id: $id) { progress { done total unit } } }', { id }))
      .operation.progress;
  const workerIs = (state: string) =>
    until(
      async () => {
        const nodes = await api.nodes();
        const seen = await system.ask('{ nodes { edges { node { hostname status { state } } } } }');
        const mine = seen.nodes.edges.find(({ node }: any) => node.hostname === worker.host.hostname);
        return (
          nodes[worker.host.hostname].Status.State === state && mine.node.status.state === state.toUpperCase()
        );
      },
      `the worker is ${state}`,
      60_000,
    );
  /** That Skep takes the cluster for the one that is pinned. */
  const isNotChanged = async () => {
    const done = await perform('updateCluster', { cluster, taskHistoryLimit: 4, dryRun: true });
    expect(done).toMatchObject({ state: 'SUCCEEDED', failure: null });
  };

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 2 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    const [first, second] = system.members;
    if (!first || !second) throw new Error('two hosts are needed');
    [api, worker] = [engineOf(first.host), second];
    await perform('updateCluster', { cluster, heartbeatPeriodSeconds: 1 });
  });
  afterAll(() => system?.stop());

  it('every node gets a certificate of the new root, the tokens change, the digest stays pinned', async () => {
    const before = await clusterIs();
    const old = await api.get('/swarm');
    const done = await perform('rotateCA', { cluster, reason: 'once a year' });
    expect(done).toMatchObject({
      state: 'SUCCEEDED',
      warnings: [{ code: 'JOIN_TOKENS_CHANGE' }],
      targets: [{ kind: 'CLUSTER', id: cluster, state: 'SUCCEEDED' }],
    });
    expect(done.steps.map(({ name }: any) => name)).toEqual(['rotate', 'await certificates']);
    expect(await progressOf(done.id)).toEqual({ done: 2, total: 2, unit: 'nodes' });
    const swarm = await api.get('/swarm');
    expect(swarm.RootRotationInProgress).toBe(false);
    expect(swarm.TLSInfo.TrustRoot).not.toBe(old.TLSInfo.TrustRoot);
    for (const node of Object.values(await api.nodes()))
      expect(node.Description.TLSInfo.CertIssuerPublicKey).toBe(swarm.TLSInfo.CertIssuerPublicKey);
    const after = await clusterIs();
    expect(after.caDigest).not.toBe(before.caDigest);
    for (const [n, { fingerprint, rotatedAt }] of after.joinTokens.entries()) {
      expect(fingerprint).not.toBe(before.joinTokens[n].fingerprint);
      expect(Date.parse(rotatedAt)).toBeGreaterThan(Date.parse(done.startedAt));
    }
    await isNotChanged();
    const [, outcome] = await readHistory(system.ask, { operation: done.id });
    expect(outcome?.changes).toEqual([
      { path: `${cluster}.caDigest`, old: before.caDigest, new: after.caDigest },
    ]);
  });

  it('a node that is Down is named before, while it waits, and at the deadline', async () => {
    await worker.host.kill9();
    await workerIs('down');
    const preview = await perform('rotateCA', { cluster, dryRun: true });
    const blocked = { code: 'CA_ROTATION_BLOCKED', message: expect.stringContaining(worker.host.hostname) };
    expect(preview.warnings).toMatchObject([{ code: 'JOIN_TOKENS_CHANGE' }, blocked]);
    expect((await clusterIs()).rootRotationInProgress).toBe(false);

    const begun = await begin(system.ask, 'rotateCA', { cluster, deadlineSeconds: 6 });
    const waiting = await until(async () => {
      const operation = await readOperation(system.ask, begun.id);
      const step = operation.steps.find(({ name }: any) => name === 'await certificates');
      return step?.detail?.includes(worker.host.hostname) && operation;
    }, 'it says what it waits for');
    expect(waiting.state).toBe('RUNNING');
    expect((await progressOf(begun.id)).total).toBe(2);
    const done = await ended(system.ask, begun.id);
    expect(done).toMatchObject({ state: 'FAILED', failure: { code: 'CA_ROTATION_BLOCKED' } });
    expect(done.failure.message).toContain(worker.host.hostname);
    expect(done.warnings).toMatchObject([{ code: 'JOIN_TOKENS_CHANGE' }, blocked]);
    expect((await clusterIs()).rootRotationInProgress).toBe(true);
    await isNotChanged();
  });

  it('asked for again it begins no second rotation, waits for the first, and can be left', async () => {
    const { Spec } = await api.get('/swarm');
    const begun = await begin(system.ask, 'rotateCA', { cluster, deadlineSeconds: 600 });
    await until(
      async () => (await readOperation(system.ask, begun.id)).steps.some(({ detail }: any) => detail),
      'it waits',
    );
    await perform('cancelOperation', { id: begun.id });
    const done = await ended(system.ask, begun.id);
    expect(done.state).toBe('CANCELLED');
    expect(done.warnings.map(({ code }: any) => code)).toEqual(
      expect.arrayContaining(['CA_ROTATION_RUNNING', 'CA_ROTATION_GOES_ON']),
    );
    expect((await api.get('/swarm')).Spec).toEqual(Spec);
  });

  it('one that ends after its operation is followed: the digest is pinned, and it is on record', async () => {
    const before = await clusterIs();
    await worker.host.start();
    const after = await until(
      async () => {
        const now = await clusterIs();
        return now.caDigest !== before.caDigest && now;
      },
      'the rotation ends',
      60_000,
    );
    expect(after.rootRotationInProgress).toBe(false);
    await isNotChanged();
    const records = await readHistory(system.ask, { phase: ['OBSERVED'] });
    expect(records.at(-1)).toMatchObject({ action: 'caRotated', actor: { kind: 'SYSTEM' } });
    expect(
      records
        .at(-1)
        ?.changes.map(({ path }: any) => path)
        .sort(),
    ).toEqual(['caDigest', 'joinTokens.MANAGER', 'joinTokens.WORKER']);
  });

  it('a server that is killed on the way goes on with it, and never asks twice', async () => {
    await workerIs('ready');
    await worker.host.kill9();
    await workerIs('down');
    const { Spec, TLSInfo } = await api.get('/swarm');
    const begun = await begin(system.ask, 'rotateCA', { cluster });
    await until(async () => (await api.get('/swarm')).RootRotationInProgress, 'the rotation is begun');
    await system.server.kill9();
    // It ends while nobody looks: the new root is there before the server is.
    await worker.host.start();
    await until(async () => !(await api.get('/swarm')).RootRotationInProgress, 'it ends', 60_000);
    await system.server.start();
    await connected(system.ask);
    const done = await ended(system.ask, begun.id);
    expect(done).toMatchObject({ state: 'SUCCEEDED', failure: null });
    const swarm = await api.get('/swarm');
    expect(swarm.Spec.CAConfig.ForceRotate).toBe(Spec.CAConfig.ForceRotate + 1);
    expect(swarm.TLSInfo.TrustRoot).not.toBe(TLSInfo.TrustRoot);
    await isNotChanged();
  });

  it('a rotation by somebody else is EXTERNAL, and the cluster is not the pinned one any more', async () => {
    await workerIs('ready');
    const seen = await readHistory(system.ask, { phase: ['OBSERVED'] });
    expect(seen.filter(({ actor }) => actor.kind === 'EXTERNAL')).toEqual([]);
    const { caDigest } = await clusterIs();
    const { Spec, Version } = await api.get('/swarm');
    const CAConfig = { ...Spec.CAConfig, ForceRotate: Spec.CAConfig.ForceRotate + 1 };
    await api.post(`/swarm/update?version=${Version.Index}`, { ...Spec, CAConfig });
    await until(async () => (await clusterIs()).caDigest !== caDigest, 'another root is seen', 60_000);
    const refused = await perform('rotateCA', { cluster });
    expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'CLUSTER_CHANGED' } });
    const records = await readHistory(system.ask, { phase: ['OBSERVED'] });
    const changed = records.flatMap(({ actor, changes }) =>
      actor.kind === 'EXTERNAL' ? changes.map(({ path }: any) => path) : [],
    );
    expect(changed).toEqual(expect.arrayContaining(['caDigest', 'spec.CAConfig.ForceRotate']));
    expect((await perform('adoptCluster', { cluster })).state).toBe('SUCCEEDED');
    await isNotChanged();
  });
});
