// Managers that wait for their unlock key: how they show, the key read from another manager, given by the caller, wrong,
// rotated while they were away; and that a given key is kept nowhere.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { effects } from '../support/commands.ts';
import { type EngineApi, engineOf } from '../support/engine-api.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { begin, connected, ended } from '../support/operations.ts';
import { createPerform, type Perform } from '../support/perform.ts';
import { type Member, type System, startSystem } from '../support/system.ts';
import { readHistory } from '../support/transcript.ts';
import { until } from '../support/until.ts';

const wrong = `SWMKEY-1-${'A'.repeat(43)}`;

describe(`unlocking managers (${enginesNote})`, () => {
  let system: System;
  let perform: Perform;
  let cluster: string;
  let members: Member[];
  const keys = new Set([wrong]);

  const member = (n: number): Member => {
    const found = members[n];
    if (!found) throw new Error(`no member ${n}`);
    return found;
  };
  const api = (n: number): EngineApi => engineOf(member(n).host);
  const stateOf = async (n: number) => (await api(n).get('/info')).Swarm;
  const hostOf = async (n: number) =>
    (
      await system.ask('query($id: ID!) { host(id: $id) { swarm { localState nodeId } } }', {
        id: member(n).hostId,
      })
    ).host;
  const clusterIs = async () =>
    (
      await system.ask(
        'query($id: ID!) { cluster(id: $id) { state watcher { trouble stale } quorum { advice reachable } } }',
        { id: cluster },
      )
    ).cluster;
  const unlock = (input: Record<string, unknown>) => perform('unlockHosts', { waitSeconds: 120, ...input });
  const restart = async (...which: number[]) => {
    await Promise.all(which.map((n) => member(n).host.stop()));
    await Promise.all(which.map((n) => member(n).host.start()));
    for (const n of which)
      await until(async () => (await hostOf(n)).swarm?.localState === 'LOCKED', `host ${n} shows as locked`);
  };
  const reachable = (count: number) =>
    until(
      async () => {
        const nodes: any[] = await api(0).get('/nodes');
        return (
          nodes.filter(({ ManagerStatus }) => ManagerStatus?.Reachability === 'reachable').length === count
        );
      },
      `${count} managers are reachable`,
      60_000,
    );

  beforeAll(async () => {
    system = await startSystem({ engines, hosts: 4 });
    perform = createPerform(system.server.url, system.server.adminKey);
    members = [...system.members];
    const init = await perform('initCluster', {
      host: member(0).hostId,
      name: 'test',
      advertiseAddr: member(0).host.address,
      autolock: true,
    });
    cluster = init.clusterId.id;
    const joined = await perform('joinHosts', {
      cluster,
      hosts: [1, 2].map((n) => ({ host: member(n).hostId })),
      role: 'MANAGER',
      waitSeconds: 120,
    });
    if (joined.state !== 'SUCCEEDED') throw new Error(JSON.stringify(joined));
    keys.add((await api(0).get('/swarm/unlockkey')).UnlockKey);
  });
  afterAll(() => system?.stop());

  it('what is no unlock key is bad input, is not told again, and is not on record', async () => {
    const before = await readHistory(system.ask);
    const error = await perform.error('unlockHosts', { hosts: [member(1).hostId], unlockKey: 'opensesame' });
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).not.toContain('opensesame');
    const other = await perform('initCluster', { host: member(3).hostId, name: 'other' });
    expect(other.state).toBe('SUCCEEDED');
    const two = await perform.error('unlockHosts', { hosts: [member(1).hostId, member(3).hostId] });
    expect(two.code).toBe('BAD_USER_INPUT');
    expect(await readHistory(system.ask)).toHaveLength(before.length + 2);
  });

  it('a locked manager shows as such, and nothing that needs its engine is begun', async () => {
    const { NodeID } = await stateOf(1);
    await restart(1);
    expect(await hostOf(1)).toMatchObject({ swarm: { localState: 'LOCKED', nodeId: null } });
    await until(
      async () => /unlockHosts/.test((await clusterIs()).quorum.advice ?? ''),
      'the advice says so',
    );
    const refused = await perform('initCluster', { host: member(1).hostId, advertiseAddr: '10.0.0.1' });
    expect(refused).toMatchObject({ state: 'REFUSED', failure: { code: 'SWARM_LOCKED' } });

    const failed = await unlock({ hosts: [member(1).hostId], unlockKey: wrong });
    expect(failed).toMatchObject({ state: 'FAILED', failure: { code: 'UNLOCK_KEY_INVALID' } });
    expect((await stateOf(1)).LocalNodeState).toBe('locked');

    const done = await unlock({ hosts: [0, 1].map((n) => member(n).hostId), reason: 'after a restart' });
    expect(done).toMatchObject({
      state: 'SUCCEEDED',
      warnings: [{ code: 'NOT_LOCKED', target: member(0).hostId }],
      targets: [{ state: 'SUCCEEDED' }, { state: 'SUCCEEDED' }],
    });
    expect(done.steps.map(({ target }: any) => target)).toEqual([member(1).hostId, member(1).hostId]);
    expect(await stateOf(1)).toMatchObject({ LocalNodeState: 'active', NodeID });
    const phases = (await readHistory(system.ask, { operation: done.id })).map(({ phase }) => phase);
    expect(phases).toEqual(['INTENT', 'SECRET_READ', 'OUTCOME']);
  });

  it('one that was away while the key was rotated needs the key of before, from the caller', async () => {
    const { UnlockKey: old } = await api(0).get('/swarm/unlockkey');
    await reachable(3);
    await member(2).host.stop();
    await reachable(2);
    const rotated = await until(async () => {
      const done = await perform('rotateUnlockKey', { cluster, dryRun: true });
      return done.warnings.length === 2 ? done : null;
    }, 'the manager is known to be away');
    expect(rotated.warnings.map(({ code }: any) => code)).toEqual([
      'UNLOCK_KEY_TO_KEEP',
      'OLD_UNLOCK_KEY_TO_KEEP',
    ]);
    expect((await perform('rotateUnlockKey', { cluster })).state).toBe('SUCCEEDED');
    keys.add((await api(0).get('/swarm/unlockkey')).UnlockKey);
    await member(2).host.start();
    await until(async () => (await hostOf(2)).swarm?.localState === 'LOCKED', 'it is locked');
    const failed = await unlock({ hosts: [member(2).hostId] });
    expect(failed).toMatchObject({ state: 'FAILED', failure: { code: 'UNLOCK_KEY_INVALID' } });
    expect(failed.failure.hint).toContain('the key of before');
    const given = { hosts: [member(2).hostId], unlockKey: old, idempotencyKey: 'once' };
    const done = await unlock(given);
    expect(done).toMatchObject({ state: 'SUCCEEDED', failure: null });
    expect(await unlock(given)).toMatchObject({ id: done.id });
    const [intent, ...others] = await readHistory(system.ask, { operation: done.id });
    expect(intent?.input).toMatchObject({ hosts: [member(2).hostId], unlockKey: '[redacted]' });
    expect(others.map(({ phase }) => phase)).toEqual(['OUTCOME']);
    await reachable(3);
  }, 120_000);

  it('with no manager unlocked the caller gives the key, and all come back together', async () => {
    const { UnlockKey } = await api(0).get('/swarm/unlockkey');
    // Until each manager has got the new key it is locked with the one of before.
    await until(async () => (await clusterIs()).watcher.stale === false, 'the cluster is read');
    const ids = await Promise.all([0, 1, 2].map(async (n) => (await stateOf(n)).NodeID));
    await restart(0, 1, 2);
    await until(async () => /unlock/.test((await clusterIs()).watcher.trouble ?? ''), 'the cluster says why');
    expect((await clusterIs()).state).toBe('UNREACHABLE');
    const hosts = [0, 1, 2].map((n) => member(n).hostId);
    const blocked = await perform('rotateJoinToken', { cluster, role: 'WORKER' });
    expect(blocked).toMatchObject({ state: 'REFUSED', failure: { code: 'SWARM_LOCKED' } });
    const needed = await unlock({ hosts });
    expect(needed).toMatchObject({ state: 'REFUSED', failure: { code: 'UNLOCK_KEY_NEEDED' } });
    const done = await unlock({ hosts, unlockKey: ` ${UnlockKey}\n`, reason: 'the power was away' });
    expect(done).toMatchObject({ state: 'SUCCEEDED', failure: null });
    for (const [n, NodeID] of ids.entries())
      expect(await stateOf(n)).toMatchObject({ LocalNodeState: 'active', NodeID });
    await until(async () => (await clusterIs()).state === 'HEALTHY', 'the cluster is healthy again', 60_000);
  });

  it('a server that is killed on the way keeps no key, and says what it sees', async () => {
    const { UnlockKey } = await api(0).get('/swarm/unlockkey');
    await reachable(3);
    await restart(1);
    const sent = (): number => effects([member(1)]).filter(({ kind }) => kind === 'UnlockSwarm').length;
    const before = sent();
    const operation = await begin(system.ask, 'unlockHosts', {
      hosts: [member(1).hostId],
      unlockKey: UnlockKey,
    });
    await until(() => sent() > before, 'the agent has it');
    await system.server.kill9();
    await system.server.start();
    await connected(system.ask);
    const done = await ended(system.ask, operation.id);
    expect(['SUCCEEDED', 'FAILED']).toContain(done.state);
    if (done.state === 'FAILED') expect(done.failure.code).toBe('INTERRUPTED');
    else expect((await stateOf(1)).LocalNodeState).toBe('active');
  });

  it('no given key is in any file that the server or an agent keeps or writes, nor is it told again', async () => {
    const told = JSON.stringify([
      await readHistory(system.ask),
      await system.ask(
        '{ operations(first: 100) { edges { node { failure { message hint } steps { name detail } warnings { message } } } } }',
      ),
    ]);
    const files = readdirSync(system.dir, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.some((file) => file.endsWith('skep.db'))).toBe(true);
    const texts = [told, ...files.map((file) => readFileSync(file, 'latin1'))];
    expect(texts.some((text) => text.includes('UnlockSwarm'))).toBe(true);
    for (const key of keys)
      for (const part of [key, key.slice('SWMKEY-1-'.length)])
        expect(texts.filter((text) => text.includes(part))).toHaveLength(0);
  });

  it('the audit has nothing EXTERNAL', async () => {
    const seen = await readHistory(system.ask, { phase: ['OBSERVED'] });
    expect(seen.filter(({ actor }) => actor.kind === 'EXTERNAL')).toEqual([]);
  });
});
