// How `skep` ends, once for each exit code, and what it says then.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { freePort } from '../../lab/processes.ts';
import { at } from '../support/at.ts';
import { createPerform } from '../support/perform.ts';
import { createService, runningOn, stubborn } from '../support/services.ts';
import { type Skep, skepFile, skepOf } from '../support/skep.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('exit codes, on SIMULATED engines', () => {
  let system: System;
  let skep: Skep;
  let viewer: string;
  let [manager, worker, other] = ['', '', ''];

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 } });
    await system.formSwarm();
    skep = skepOf(system);
    [manager, worker, other] = system.members.map(({ host }) => host.hostname) as [string, string, string];
    const perform = createPerform(system.server.url, system.server.adminKey);
    viewer = (await perform('createApiKey', { name: 'looks', role: 'VIEWER' })).payload.key;
    // Something on a node that no drain takes away in time.
    const first = at(system.members, 0).host;
    const { nodes } = await system.ask('{ nodes { edges { node { id hostname } } } }');
    const id = nodes.edges.find((edge: any) => edge.node.hostname === worker).node.id;
    await createService(first, {
      name: 'stubborn',
      command: stubborn,
      container: { StopGracePeriod: 600e9 },
      template: { Placement: { Constraints: [`node.hostname != ${manager}`, `node.hostname != ${other}`] } },
    });
    await until(async () => (await runningOn(first, id)).length === 1, 'the task runs');
  });
  afterAll(() => system?.stop());

  const openDrain = async (): Promise<string> => {
    const { operations } = await system.ask(
      '{ operations(first: 1, filter: { action: "drainNodes", open: true }) { edges { node { id } } } }',
    );
    return operations.edges[0]?.node.id;
  };
  /** Ends what a test left open, and lets tasks come back. */
  const settle = async (): Promise<void> => {
    const id = await openDrain();
    if (id) expect(await skep(`op cancel ${id} --reason 'the test is over'`)).toMatchObject({ code: 0 });
    await until(async () => !(await openDrain()), 'no drain is open');
  };

  it('0: done, and a question answered', async () => {
    expect(await skep(`node update --label-add seen ${worker}`)).toMatchObject({
      code: 0,
      out: `${worker}\n`,
    });
    expect((await skep('node ls -q')).out).toMatch(/^(\w{25}\n){3}$/);
    expect(await skep('--version')).toMatchObject({ code: 0, out: '0.1.0\n' });
  });

  it('0: a dry run that would be done, which changes nothing', async () => {
    const { code, out } = await skep(`node promote ${worker} ${other} --dry-run`);
    expect(code).toBe(0);
    expect(out).toContain('Dry run: promoteNodes would be done; nothing was changed.');
    expect(out).toContain('Managers: 1 before, 3 after');
    expect((await skep('node ls --filter role=manager -q')).out.split('\n')).toHaveLength(2);
  });

  it('1: begun and failed', async () => {
    const { code, err } = await skep(`drain ${worker} --deadline 1s --reason 'in a hurry'`);
    expect(code).toBe(1);
    expect(err).toMatch(/^Error: FAILED DRAIN_DEADLINE: /m);
    expect(err).toMatch(/^Operation: [\da-f-]{36}$/m);
  });

  it('1: not there', async () => {
    for (const line of ['node inspect nosuch', 'op show 00000000-0000-7000-8000-000000000000']) {
      const { code, out, err } = await skep(line);
      expect({ line, code, out }).toEqual({ line, code: 1, out: '' });
      expect(err).toMatch(/^Error: NOT_FOUND: /);
    }
  });

  it('2: a command line that is wrong', async () => {
    for (const line of [
      '',
      'nodes',
      'node promote',
      'node ls --nosuch',
      `node update ${worker}`,
      `node update --availability gone ${worker}`,
      `drain ${worker} --deadline soon`,
      'fleet apply nosuch.yaml',
      `node demote ${worker} --override nosuch --reason x`,
      `node demote ${worker} --override no-fault-tolerance`,
      `node promote ${worker} --dry-run --idempotency-key a --server nonsense://x`,
      'node ls --format {{.ID}}',
      'node ls --context nosuch',
      'help nosuch',
    ]) {
      const { code, out, err } = await skep(line);
      expect({ line, code, out }).toEqual({ line, code: 2, out: '' });
      expect(err).not.toBe('');
    }
  });

  it('2: an input that the server does not take', async () => {
    expect(await skep(`drain ${worker} --deadline 0`)).toMatchObject({ code: 2 });
  });

  it('3: refused', async () => {
    const { code, err } = await skep(`node rm ${worker}`);
    expect(code).toBe(3);
    expect(err).toMatch(/^Error: REFUSED NODE_NOT_DOWN: /m);
    expect(err).toMatch(/^Hint: /m);
    expect(await skep(`node rm ${manager} --dry-run`)).toMatchObject({ code: 3 });
  });

  it('4: not waited for, and what to do then', async () => {
    const { code, err } = await skep(`drain ${worker} --no-wait`);
    expect(code).toBe(4);
    const [, id] = /skep op wait (\S+);/.exec(err) ?? [];
    expect(id).toBe(await openDrain());
    expect(err).toContain(`skep op cancel ${id}`);
    expect(await skep(`op wait ${id} --wait 1s`)).toMatchObject({ code: 4 });
    // BUSY or a guard: another drain stands in the way, which is something else than open.
    expect(await skep(`drain ${other} --wait 1s`)).toMatchObject({ code: 3 });
    await settle();
    expect(await skep(`op wait ${id}`)).toMatchObject({ code: 1 });
  });

  it('4: the wait ended before the operation did; its progress is told meanwhile', async () => {
    const { code, err } = await skep(`drain ${worker} --wait 3s`);
    expect(code).toBe(4);
    expect(err).toMatch(/^drainNodes: 0 of 1 \w+, RUNNING$/m);
    await settle();
  });

  it.skipIf(!existsSync('/usr/bin/script'))('4: on a terminal a bar shows how far it is', async () => {
    const line = `'${process.execPath}' '${skepFile}' drain ${worker} --wait 3s`;
    const child = spawn('/usr/bin/script', ['-qec', line, '/dev/null'], {
      env: { ...skep.env, TERM: 'xterm' },
    });
    let told = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(4);
    expect(told).toMatch(/drainNodes \[.+\] 0\/1 \w+ \| .* \| RUNNING/);
    await settle();
  });

  it('130: Ctrl-C ends the wait and names the operation, which goes on', async () => {
    const child = skep.start(`drain ${worker}`);
    let err = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await until(() => err.includes('RUNNING'), 'its progress is told');
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    const id = await openDrain();
    expect(err).toContain(`operation ${id} goes on`);
    expect(err).toContain(`skep op wait ${id}; cancel it: skep op cancel ${id}`);
    await settle();
  });

  it('1: a restart of the server ends no wait; how the operation ended does', async () => {
    const child = skep.start(`drain ${worker}`);
    let err = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await until(() => err.includes('RUNNING'), 'its progress is told');
    await system.server.stop();
    await until(() => err.includes('cut'), 'the break is noticed');
    await system.server.start();
    await settle();
    expect(await ended, err).toBe(1);
    expect(err).toContain('CANCELLED');
  });

  it('5: no key, a wrong key, and a key without the permission', async () => {
    const none = await skep('node ls', { env: { SKEP_KEY: '' } });
    expect(none).toMatchObject({ code: 5, out: '' });
    expect(none.err).toContain('Error: NO_KEY: ');
    const wrong = `skep_key_${'0'.repeat(8)}_${'x'.repeat(43)}`;
    const refused = await skep('node ls', { env: { SKEP_KEY: wrong } });
    expect(refused).toMatchObject({ code: 5, out: '' });
    expect(refused.err).toContain('Error: UNAUTHENTICATED: ');
    expect(refused.err).not.toContain(wrong);
    const looks = { env: { SKEP_KEY: viewer } };
    expect(await skep('node ls -q', looks)).toMatchObject({ code: 0 });
    const forbidden = await skep(`node promote ${worker}`, looks);
    expect(forbidden).toMatchObject({ code: 5, out: '' });
    expect(forbidden.err).toContain('Error: FORBIDDEN: ');
  });

  it('6: no server, and something that is none', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const { code, err } = await skep('node ls', { env: { SKEP_SERVER: nobody } });
    expect(code).toBe(6);
    expect(err).toMatch(/^Error: UNREACHABLE: .*ECONNREFUSED/);
    const other = new URL('/healthz', system.server.url).href;
    expect(await skep('node ls', { env: { SKEP_SERVER: other } })).toMatchObject({ code: 6 });
  });

  it('7: answered, and not as it is to be', async () => {
    const input = `skepFleet: 1\ncluster: test\nnodes:\n  - { host: ${manager}, role: manager, labels: { a: b } }\n`;
    expect(await skep('fleet plan -', { input })).toMatchObject({ code: 7, err: '' });
  });

  it('are all listed by skep help exit-codes and in docs/cli.md', async () => {
    const { out } = await skep('help exit-codes');
    const document = readFileSync(fileURLToPath(new URL('../../docs/cli.md', import.meta.url)), 'utf8');
    for (const [name, { code, meaning }] of Object.entries(exitCodes)) {
      expect(out).toMatch(new RegExp(`^${code} +${name} +`, 'm'));
      expect(out).toContain(meaning);
      expect(document).toContain(`| ${code} | ${name} | ${meaning} |`);
    }
  });
});
