// The swarm's own settings: bad input, what is changed and what stays, somebody else in between, autolock and its key.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineApi, engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { subscribeSse } from '../support/sse.ts';
import { type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

describe(`the spec of a swarm (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let api: EngineApi;
  let cluster: string;

  const specOf = async () => (await api.get('/swarm')).Spec;
  const clusterIs = async () =>
    (
      await system.ask(
        '{ clusters { settings { autolock certificateExpirySeconds heartbeatPeriodSeconds taskHistoryLimit snapshotInterval keepOldSnapshots } unlockKey { fingerprint rotatedAt revealedAt seenAt } reminders { code hint since due } } }',
      )
    ).clusters[0];

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 1 });
    perform = createPerform(system.server.url, system.server.adminKey);
    cluster = await system.formSwarm();
    const [first] = system.members;
    if (!first) throw new Error('a host is needed');
    api = engineOf(first.host);
  });
  afterAll(() => system?.stop());

  it('what Docker takes from nobody is bad input, says why, and is not on record', async () => {
    const before = [await readHistory(system.ask), await specOf()];
    for (const [input, words] of [
      [{}, 'names nothing to change'],
      [{ certificateExpirySeconds: 3_599 }, 'certificateExpirySeconds: is below 3600'],
      [{ heartbeatPeriodSeconds: -1 }, 'heartbeatPeriodSeconds: is below 0'],
      [{ taskHistoryLimit: -2 }, 'taskHistoryLimit: is below -1'],
      [{ snapshotInterval: 0 }, 'snapshotInterval: is below 1'],
      [{ keepOldSnapshots: -1 }, 'keepOldSnapshots: is below 0'],
    ] as const) {
      const error = await perform.error('updateCluster', { cluster, ...input });
      expect(error).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining(words) });
    }
    expect([await readHistory(system.ask), await specOf()]).toEqual(before);
  });

  it('changes what is given, in Docker’s units, and leaves the rest as it is', async () => {
    const before = await specOf();
    const done = await perform('updateCluster', {
      cluster,
      certificateExpirySeconds: 7_200,
      heartbeatPeriodSeconds: 7,
      taskHistoryLimit: 3,
      reason: 'house rules',
    });
    expect(done).toMatchObject({
      state: 'SUCCEEDED',
      warnings: [],
      targets: [{ kind: 'CLUSTER', id: cluster, state: 'SUCCEEDED' }],
    });
    expect(new Date(done.observedAt).getTime()).toBeGreaterThan(new Date(done.startedAt).getTime());
    expect(await specOf()).toEqual({
      ...before,
      CAConfig: { ...before.CAConfig, NodeCertExpiry: 7_200e9 },
      Dispatcher: { HeartbeatPeriod: 7e9 },
      Orchestration: { TaskHistoryRetentionLimit: 3 },
    });
    expect((await clusterIs()).settings).toEqual({
      autolock: false,
      certificateExpirySeconds: 7_200,
      heartbeatPeriodSeconds: 7,
      taskHistoryLimit: 3,
      snapshotInterval: 10_000,
      keepOldSnapshots: 0,
    });
    const [intent, outcome] = await readHistory(system.ask, { operation: done.id });
    expect(intent).toMatchObject({ phase: 'INTENT', reason: 'house rules' });
    expect(outcome).toMatchObject({ phase: 'OUTCOME', outcome: 'SUCCEEDED' });
    expect([...(outcome?.changes ?? [])].sort((a: any, b: any) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: `${cluster}.spec.CAConfig.NodeCertExpiry`, old: 7_776_000e9, new: 7_200e9 },
      { path: `${cluster}.spec.Dispatcher.HeartbeatPeriod`, old: 5e9, new: 7e9 },
      { path: `${cluster}.spec.Orchestration.TaskHistoryRetentionLimit`, old: 5, new: 3 },
    ]);
  });

  it('what is so already is done without a write', async () => {
    const { Version } = await api.get('/swarm');
    const done = await perform('updateCluster', { cluster, taskHistoryLimit: 3 });
    expect(done.state).toBe('SUCCEEDED');
    expect((await api.get('/swarm')).Version).toEqual(Version);
    const [, outcome] = await readHistory(system.ask, { operation: done.id });
    expect(outcome?.changes).toEqual([]);
  });

  it('many at once, and somebody beside Skep: nothing is lost, nobody’s change is wiped', async () => {
    const beside = async () => {
      const { Spec, Version } = await api.get('/swarm');
      const labels = { ...Spec, Labels: { by: 'hand' } };
      return (await api.post(`/swarm/update?version=${Version.Index}`, labels)).status;
    };
    const asked = [
      perform('updateCluster', { cluster, taskHistoryLimit: 9 }),
      perform('updateCluster', { cluster, keepOldSnapshots: 2 }),
      perform('updateCluster', { cluster, heartbeatPeriodSeconds: 0 }),
      perform('updateCluster', { cluster, snapshotInterval: 20_000 }),
    ];
    await until(async () => (await beside()) === 200, 'a change by hand is taken');
    for (const done of await Promise.all(asked)) expect(done.state).toBe('SUCCEEDED');
    expect(await specOf()).toMatchObject({
      Labels: { by: 'hand' },
      CAConfig: { NodeCertExpiry: 7_200e9 },
      Orchestration: { TaskHistoryRetentionLimit: 9 },
      Raft: { KeepOldSnapshots: 2, SnapshotInterval: 20_000 },
    });
    expect((await clusterIs()).settings.heartbeatPeriodSeconds).toBe(0);
  });

  it('without autolock there is no unlock key to rotate, and none is revealed', async () => {
    const refused = await perform('rotateUnlockKey', { cluster });
    expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'AUTOLOCK_OFF' } });
    const told = await perform('revealUnlockKey', { cluster });
    expect(told).toMatchObject({ state: 'SUCCEEDED', payload: { unlockKey: null } });
    expect((await clusterIs()).unlockKey).toMatchObject({ fingerprint: null, revealedAt: null });
  });

  it('autolock warns that the key must be kept; the key is revealed, rotated and told apart', async () => {
    const on = await perform('updateCluster', { cluster, autolock: true });
    expect(on).toMatchObject({ state: 'SUCCEEDED', warnings: [{ code: 'UNLOCK_KEY_TO_KEEP' }] });
    const remindersNow = async () => (await clusterIs()).reminders.map(({ code }: any) => code);
    expect(await remindersNow()).toEqual(['SINGLE_MANAGER', 'UNLOCK_KEY_NOT_KEPT']);
    const first = (await clusterIs()).unlockKey;
    expect(first).toMatchObject({
      fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/),
      rotatedAt: expect.any(String),
      revealedAt: null,
    });
    const told = await perform('revealUnlockKey', { cluster, reason: 'for the safe' });
    const { UnlockKey } = await api.get('/swarm/unlockkey');
    expect(told.payload.unlockKey).toBe(UnlockKey);
    expect((await readHistory(system.ask, { operation: told.id })).map(({ phase }) => phase)).toEqual([
      'INTENT',
      'SECRET_READ',
      'OUTCOME',
    ]);
    const revealed = (await clusterIs()).unlockKey;
    expect(revealed).toMatchObject({ fingerprint: first.fingerprint, revealedAt: expect.any(String) });

    expect(await remindersNow()).toEqual(['SINGLE_MANAGER']);

    const rotated = await perform('rotateUnlockKey', { cluster });
    expect(rotated).toMatchObject({
      state: 'SUCCEEDED',
      warnings: [{ code: 'UNLOCK_KEY_TO_KEEP' }],
      payload: {},
    });
    expect((await api.get('/swarm/unlockkey')).UnlockKey).not.toBe(UnlockKey);
    expect(await remindersNow()).toEqual(['SINGLE_MANAGER', 'UNLOCK_KEY_NOT_KEPT']);
    const second = (await clusterIs()).unlockKey;
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(Date.parse(second.rotatedAt)).toBeGreaterThan(Date.parse(first.rotatedAt));
  });

  it('a key that somebody else rotates is told as an event, and as EXTERNAL by its digest', async () => {
    const { fingerprint } = (await clusterIs()).unlockKey;
    const { eventCursor } = await system.ask('{ eventCursor }');
    const heard = subscribeSse(
      system.server.url,
      system.server.adminKey,
      'subscription($after: String) { clusterChanged(after: $after) { changes { path old new } } }',
      { after: eventCursor },
    );
    const { Spec, Version } = await api.get('/swarm');
    expect(
      (await api.post(`/swarm/update?version=${Version.Index}&rotateManagerUnlockKey=true`, Spec)).status,
    ).toBe(200);
    const event = await heard.next(
      ({ changes }) => changes.some(({ path }: any) => path === 'unlockKey'),
      'the new key’s fingerprint',
    );
    heard.stop();
    const change = event.changes.find(({ path }: any) => path === 'unlockKey');
    expect(change).toMatchObject({ old: fingerprint, new: (await clusterIs()).unlockKey.fingerprint });
    const records = await readHistory(system.ask, { phase: ['OBSERVED'] });
    const { UnlockKey } = await api.get('/swarm/unlockkey');
    expect(records.at(-1)).toMatchObject({
      action: 'swarmChanged',
      actor: { kind: 'EXTERNAL' },
      changes: [{ path: 'unlockKey' }],
    });
    expect(JSON.stringify(records)).not.toContain(UnlockKey);
  });

  it('what Skep did is nobody else’s: EXTERNAL is what was done by hand alone', async () => {
    const seen = await readHistory(system.ask, { phase: ['OBSERVED'] });
    const changed = seen.flatMap(({ actor, changes }) =>
      actor.kind === 'EXTERNAL' ? changes.map(({ path }: any) => path) : [],
    );
    expect(changed.sort()).toEqual(['spec.Labels.by', 'unlockKey']);
  });
});
