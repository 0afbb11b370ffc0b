// `skep maintenance`: refused, begun, let go on, paused, resumed, seen through.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HookServer, startHookServer } from '../maintenance/hook-server.ts';
import { createPerform } from '../support/perform.ts';
import { type Skep, skepOf } from '../support/skep.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('skep maintenance, on SIMULATED engines', () => {
  let system: System;
  let hook: HookServer;
  let skep: Skep;
  let viewer: { env: NodeJS.ProcessEnv };
  let [manager, second, third] = ['', '', ''];

  const type = async (line: string, options: Parameters<Skep>[1] = {}): Promise<string> => {
    const { code, out, err } = await skep(line, options);
    expect({ line, code, err: code === 0 ? '' : err }).toEqual({ line, code: 0, err: '' });
    return out;
  };
  const availability = async (): Promise<Record<string, string>> => {
    const { nodes } = await system.ask('{ nodes { edges { node { hostname availability } } } }');
    return Object.fromEntries(nodes.edges.map(({ node }: any) => [node.hostname, node.availability]));
  };
  const open = async (): Promise<string[]> => {
    const { operations } = await system.ask(
      '{ operations(filter: { action: "rollMaintenance", open: true }) { edges { node { id } } } }',
    );
    return operations.edges.map(({ node }: any) => node.id);
  };
  const waiting = (): Promise<string> =>
    until(async () => (await type('maintenance show -q')).trim() || undefined, 'a node waits');
  const idOf = async (node: string): Promise<string> => JSON.parse(await type(`node inspect ${node}`))[0].ID;
  const begin = async (line: string): Promise<string> => {
    const { code, err } = await skep(`maintenance roll ${line} --no-wait`);
    expect(code, err).toBe(4);
    return /skep op wait (\S+);/.exec(err)?.[1] ?? '';
  };

  beforeAll(async () => {
    hook = await startHookServer();
    system = await startSystem({
      engines: { kind: 'simulated', version: '28.5', speed: 4 },
      env: { SKEP_MAINTENANCE_HOOKS: `reboot=${hook.url}?token=not-for-records` },
    });
    await system.formSwarm();
    skep = skepOf(system);
    [manager, second, third] = system.members.map(({ host }) => host.hostname) as [string, string, string];
    const perform = createPerform(system.server.url, system.server.adminKey);
    const { payload } = await perform('createApiKey', { name: 'looks', role: 'VIEWER' });
    viewer = { env: { SKEP_KEY: payload.key } };
  });
  afterAll(async () => {
    await system?.stop();
    await hook?.stop();
  });

  it('2: what contradicts itself or says nothing', async () => {
    for (const line of [
      'roll',
      `roll ${second} --all`,
      'roll --all --role worker',
      'roll --role leader',
      `roll ${second} --max-unavailable 0`,
      `roll ${second} --max-unavailable 101`,
      `roll ${second} --proceed hook`,
      `roll ${second} --proceed restart --hook reboot`,
      `roll ${second} --proceed soon`,
      `roll ${second} --override no-fault-tolerance`,
    ])
      expect({ line, ...(await skep(`maintenance ${line}`)) }).toMatchObject({ line, code: 2, out: '' });
    expect(await open()).toEqual([]);
  });

  it('1: there is none, and no such node; 5: a viewer; 3: refused', async () => {
    for (const word of ['show', 'proceed', 'pause', 'resume', 'roll nosuch', 'roll --label no=such'])
      expect({ word, ...(await skep(`maintenance ${word}`)) }).toMatchObject({ word, code: 1, out: '' });
    for (const word of [`roll ${second}`, 'hooks'])
      expect(await skep(`maintenance ${word}`, viewer)).toMatchObject({ code: 5, out: '' });
    const { code, err } = await skep(`maintenance roll ${manager} --reason 'kernel update'`);
    expect(code).toBe(3);
    expect(err).toContain('WOULD_LOSE_QUORUM');
    expect(new Set(Object.values(await availability()))).toEqual(new Set(['ACTIVE']));
  });

  it('a dry run begins nothing', async () => {
    expect(await type('maintenance roll --role worker --dry-run')).toContain('Dry run: rollMaintenance');
    expect(await open()).toEqual([]);
  });

  it('one node after the other, each when it is let go on, and the wait ends with it', async () => {
    const child = skep.start(`maintenance roll --role worker --reason 'kernel update'`);
    let told = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        told += text;
      });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await until(() => told.includes('0 of 2 nodes, RUNNING'), 'its progress is told');
    const one = await waiting();
    const page = await type('maintenance show');
    expect(page).toContain('Reason:\t\tkernel update\n');
    expect(page).toMatch(/^NODE ID +NODE +STATE +PHASE +GETS BACK +NOW$/m);
    expect(page).toMatch(new RegExp(`^${one} +\\S+ +Running +Go ahead +Active +\\S+ is drained: `, 'm'));
    expect(page).toContain('Where a go-ahead is waited for: skep maintenance proceed --operation ');
    expect(JSON.parse(await type('maintenance show --format json')).maintenance).toMatchObject({
      maxUnavailable: 1,
      nodes: [{ id: one, phase: 'GO_AHEAD', wentOn: null }],
    });
    const [first, other] = (await idOf(second)) === one ? [second, third] : [third, second];
    expect((await availability())[first]).toBe('DRAIN');
    // Nothing is let go on before it is drained.
    const early = await skep(`maintenance proceed ${other}`);
    expect(early).toMatchObject({ code: 3, out: '' });
    expect(early.err).toContain('NOT_WAITING');
    expect(await skep(`maintenance proceed ${first}`, viewer)).toMatchObject({ code: 5 });
    expect(await type(`maintenance proceed ${first} --reason patched`)).toBe(`${first}\n`);
    await until(async () => (await waiting()) !== one, 'the other waits');
    expect(await type('maintenance proceed')).toBe(`${other}\n`);
    expect(await ended, told).toBe(0);
    expect(told).toContain(`${second}\n`);
    expect(told).toMatch(/^rollMaintenance: 1 of 2 nodes, RUNNING$/m);
    expect(new Set(Object.values(await availability()))).toEqual(new Set(['ACTIVE']));
    // With none open the newest is shown, and nothing can be said to it.
    expect(await type('maintenance show')).toContain('State:\t\tSUCCEEDED');
    expect(await type('maintenance show -q')).toBe('');
    expect(await skep('maintenance pause')).toMatchObject({ code: 1 });
  });

  it('is paused and resumed; what has ended takes no word', async () => {
    const id = await begin('--role worker');
    await waiting();
    expect(await type("maintenance pause --reason 'not tonight'")).toBe(`${id}\n`);
    expect(await type(`maintenance show ${id}`)).toContain('Paused by:\tfirst admin');
    expect(await type('maintenance resume')).toBe(`${id}\n`);
    expect(await type(`maintenance show ${id}`)).not.toContain('Paused by:');
    await type(`op cancel ${id}`);
    expect(await skep(`op wait ${id}`)).toMatchObject({ code: 1 });
    expect(await skep(`maintenance resume ${id}`)).toMatchObject({ code: 3 });
    expect(await skep('maintenance show 00000000-0000-7000-8000-000000000000')).toMatchObject({ code: 1 });
    expect(new Set(Object.values(await availability()))).toEqual(new Set(['ACTIVE']));
  });

  it('a hook lets nodes go on; its address is not told', async () => {
    expect(await type('maintenance hooks')).toBe('NAME\nreboot\n');
    expect(await type(`maintenance roll ${second} ${third} --hook reboot --max-unavailable 2`)).toBe(
      `${second}\n${third}\n`,
    );
    expect(hook.calls.map(({ body }) => body.node.hostname).sort()).toEqual([second, third].sort());
    hook.answer(500);
    const { code, err } = await skep(`maintenance roll ${second} --hook reboot`);
    expect(code).toBe(1);
    expect(err).toContain('HOOK_FAILED');
    const page = await type('maintenance show');
    expect(page).toContain('HOOK_FAILED');
    expect(err + page).not.toContain('not-for-records');
    await type(`node update --availability active ${second}`);
  });
});
