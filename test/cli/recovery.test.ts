// `skep cluster advice` and `skep cluster recover`: nothing to do, refused, then a quorum that is lost for good.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterIs, readCluster } from '../recovery/steps.ts';
import { at } from '../support/at.ts';
import { createPerform } from '../support/perform.ts';
import { type Skep, skepOf } from '../support/skep.ts';
import { type System, startSystem } from '../support/system.ts';

describe('skep cluster advice and recover, on SIMULATED engines', () => {
  let system: System;
  let skep: Skep;
  let cluster: string;
  let admin: { env: NodeJS.ProcessEnv };
  let [first, second] = ['', ''];

  const managers = async (): Promise<number> =>
    (await readCluster(system.ask, cluster)).quorum.managers as number;

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 } });
    cluster = await system.formSwarm({ managers: 3 });
    skep = skepOf(system);
    [first, second] = system.members.map(({ host }) => host.hostname) as [string, string];
    const perform = createPerform(system.server.url, system.server.adminKey);
    const { payload } = await perform('createApiKey', { name: 'admin', role: 'ADMIN' });
    admin = { env: { SKEP_KEY: payload.key } };
  });
  afterAll(() => system?.stop());

  it('0: all is well, also in brief and in JSON', async () => {
    expect(await skep('cluster advice')).toEqual({ code: 0, out: 'Nothing is to be done.\n', err: '' });
    expect(await skep('cluster advice test -q')).toEqual({ code: 0, out: '', err: '' });
    const { code, out } = await skep('cluster advice --format json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: cluster, quorum: { managers: 3, advice: null } });
    expect(await skep('cluster advice nosuch')).toMatchObject({ code: 1, out: '' });
  });

  it('2: without the name once more, a reason, or a host', async () => {
    for (const line of [
      `recover test --host ${first} --reason x`,
      `recover test --host ${first} --confirm test`,
      'recover test --confirm test --reason x',
      `recover --host ${first} --confirm test --reason x`,
    ])
      expect({ line, ...(await skep(`cluster ${line}`)) }).toMatchObject({ line, code: 2, out: '' });
    const nobody = await skep('cluster recover test --host nosuch --confirm test --reason x');
    expect(nobody).toMatchObject({ code: 1, out: '' });
  });

  it('5: no role holds cluster:force; 3: refused while the cluster works', async () => {
    const line = `cluster recover test --host ${first} --confirm test --reason x`;
    expect(await skep(line, admin)).toMatchObject({ code: 5, out: '' });
    for (const dry of ['', ' --dry-run']) {
      const { code, err } = await skep(`${line}${dry}`);
      expect({ dry, code }).toEqual({ dry, code: 3 });
      expect(err).toContain('HAS_QUORUM');
    }
    expect(await managers()).toBe(3);
  });

  it('7: a quorum that is lost, with what to do; 3: its majority could come back', {
    timeout: 180_000,
  }, async () => {
    await Promise.all([1, 2].map((member) => at(system.members, member).host.kill9()));
    await clusterIs(system.ask, cluster, 'QUORUM_LOST', 150_000);
    const told = await skep('cluster advice');
    expect(told).toMatchObject({ code: 7, err: '' });
    expect(told.out).toContain(second);
    const wrong = await skep(`cluster recover test --host ${first} --confirm TEST --reason x`);
    expect(wrong).toMatchObject({ code: 3, out: '' });
    expect(wrong.err).toContain('NOT_CONFIRMED');
    const guarded = await skep(`cluster recover test --host ${first} --confirm test --reason x`);
    expect(guarded).toMatchObject({ code: 3, out: '' });
    expect(guarded.err).toContain('Guard majority-recoverable: ');
    expect(await managers()).toBe(3);
  });

  it('0: begun anew with one manager, and the advice names what comes next', {
    timeout: 150_000,
  }, async () => {
    const line = `cluster recover test --confirm test --override majority-recoverable --reason 'two disks died'`;
    const dry = await skep(`${line} --dry-run`, { env: { SKEP_ON: first } });
    expect(dry, dry.err).toMatchObject({ code: 0 });
    expect(dry.out).toContain('Managers: 3 before, 1 after');
    expect(await managers()).toBe(3);
    const done = await skep(line, { env: { SKEP_ON: first } });
    expect(done, done.err).toMatchObject({ code: 0, out: 'test\n' });
    expect(await readCluster(system.ask, cluster)).toMatchObject({
      id: cluster,
      state: 'AT_RISK',
      quorum: { managers: 1, reachable: 1 },
    });
    const next = await skep('cluster advice');
    expect(next.code).toBe(7);
    expect(next.out).toContain(second);
  });
});
