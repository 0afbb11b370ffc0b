// What people mistype and misread: `skep` says what is so, changes nothing by a word it did not understand, and ends accordingly.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endingOf } from '../../cli/exit-codes.ts';
import { freePort } from '../../lab/processes.ts';
import { type Skep, skepOf, type Typed } from '../support/skep.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

describe('mistakes, on SIMULATED engines', () => {
  let system: System;
  let skep: Skep;
  let [first, second, apart] = ['', '', ''];
  const inOne = { env: { SKEP_CLUSTER: 'one' } };

  const one = (line: string): Promise<Typed> => skep(line, inOne);
  const type = async (line: string): Promise<string> => {
    const { code, out, err } = await one(line);
    expect({ line, code, err: code === 0 ? '' : err }).toEqual({ line, code: 0, err: '' });
    return out;
  };
  const labelsOf = async (node: string): Promise<Record<string, string>> =>
    JSON.parse(await type(`node inspect ${node}`))[0].Spec.Labels;

  beforeAll(async () => {
    system = await startSystem({ engines: { kind: 'simulated', version: '28.5', speed: 4 } });
    skep = skepOf(system);
    [first, second, apart] = system.members.map(({ host }) => host.hostname) as [string, string, string];
    for (const line of [
      `swarm init --host ${first} --name one`,
      `swarm join --host ${second}`,
      `swarm init --host ${apart} --name two`,
    ])
      expect(await skep(line)).toMatchObject({ code: 0 });
  });
  afterAll(() => system?.stop());

  it('what was so already is not told as done', async () => {
    expect(await one(`node demote ${second}`)).toMatchObject({
      code: 0,
      out: `Node ${second} is already a worker.\n`,
    });
    expect(await one(`swarm join --host ${second}`)).toMatchObject({
      code: 0,
      out: 'This node is already part of the swarm.\n',
    });
  });

  it('without autolock there is no unlock key, which nobody was told before', async () => {
    const { code, out, err } = await one('swarm unlock-key');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('Error: AUTOLOCK_OFF: no unlock key is set');
  });

  it('--autolock alone takes no other flag for its value', async () => {
    await type('swarm update --autolock --cert-expiry 720h');
    const { settings } = JSON.parse(await type('cluster show --format json'));
    expect(settings).toMatchObject({ autolock: true, certificateExpirySeconds: 720 * 3_600 });
    expect(await type('swarm unlock-key -q')).toMatch(/^SWMKEY-\S+\n$/);
    await type('swarm update --autolock=false');
    expect(JSON.parse(await type('cluster show --format json')).settings.autolock).toBe(false);
  });

  it('a number that is none is refused, and not left out', async () => {
    await type('service create --name limited --limit-cpu 0.5 busybox sleep 1d');
    for (const flag of ['--limit-cpu', '--reserve-cpu', '--update-max-failure-ratio'])
      for (const number of ['1,5', '-1']) {
        const { code, err } = await one(`service update ${flag} ${number} limited`);
        expect({ flag, number, code }).toEqual({ flag, number, code: 2 });
        expect(err).toContain('is no number');
      }
    const [{ resources }] = JSON.parse(await type('service inspect limited'));
    expect(resources.cpuLimit).toBe(0.5);
    expect(await one('watch nodes --count 0')).toMatchObject({ code: 2 });
  });

  it('what is refused after something was done does not end as if nothing was changed', async () => {
    await type('network create left');
    const { code, out, err } = await one('network rm left nosuch');
    expect({ code, out }).toEqual({ code: 1, out: 'left\n' });
    expect(err).toContain('Done before it: 1 of 2.');
    // By the first of them alone it is a refusal.
    const guarded = await one(`node update --role worker ${first}`);
    expect(guarded).toMatchObject({ code: 3, out: '' });
    const half = await one(`node update --label-add half --role worker ${first}`);
    expect(half).toMatchObject({ code: 1, out: '' });
    expect(half.err).toContain('Error: REFUSED ');
    expect(half.err).toContain('Done before it: 1 of 2.');
    expect(await labelsOf(first)).toHaveProperty('half');
    // A dry run changes nothing, however far it came.
    expect(await one(`node update --label-add other --role worker --dry-run ${first}`)).toMatchObject({
      code: 3,
    });
  });

  it('one idempotency key serves several of the same act, and again', async () => {
    for (const name of ['n1', 'n2']) await type(`network create ${name}`);
    for (const _ of ['first', 'again'])
      expect(await type('network rm n1 n2 --idempotency-key both')).toBe('n1\nn2\n');
  });

  it('a node that is not there ends alike in questions and acts', async () => {
    for (const line of [
      'node inspect nosuch',
      'node ps nosuch',
      'node promote nosuch',
      'audit --node nosuch',
    ])
      expect({ line, ...(await one(line)) }).toMatchObject({ line, code: 1 });
    expect((await one('audit --actor nosuch')).err).toContain('Warning: no key');
  });

  it.each([
    ['REFUSED', 'NO_FAULT_TOLERANCE', 'refused'],
    ['REFUSED', 'BUSY', 'refused'],
    ['REFUSED', 'NOT_FOUND', 'failed'],
    ['REFUSED', 'AMBIGUOUS_REFERENCE', 'usage'],
    ['REFUSED', 'FORBIDDEN', 'denied'],
    ['FAILED', 'BUSY', 'failed'],
    ['FAILED', 'NOT_OBSERVED', 'failed'],
    ['UNRESOLVED', 'INTERRUPTED', 'open'],
    ['SOMETHING_NEW', null, 'open'],
  ])('%s with %s ends as %s', (state, code, ending) => {
    expect(endingOf({ state, failure: code === null ? null : { code } })).toBe(ending);
  });

  it('with several clusters a hostname needs its cluster, and an id does not', async () => {
    const { code, err } = await skep(`node ps ${second}`);
    expect(code).toBe(1);
    expect(err).toContain('choose one: --cluster NAME');
    await type(`service create --name here --constraint node.hostname==${second} busybox sleep 1d`);
    const [{ ID: id }] = JSON.parse(await type(`node inspect ${second}`));
    const told = await until(async () => {
      const listed = await skep(`node ps ${id}`);
      expect(listed).toMatchObject({ code: 0, err: '' });
      return listed.out.includes('here.1') ? listed.out : undefined;
    }, 'the task is listed');
    expect(told).toMatch(/^\w{12} +here\.1 +busybox +/m);
  });

  it('guards are told in the words of this command', async () => {
    await type(`node promote ${second}`);
    const { err } = await one(`node demote ${second} --dry-run`);
    expect(err).not.toContain('override: [');
  });

  it('a service’s --env-file is not the environment of skep', async () => {
    const file = join(system.dir, 'service.env');
    const bare = { env: { SKEP_SERVER: undefined, SKEP_KEY: undefined } };
    const server = `--server ${system.server.url} --use`;
    expect(await skep(`context create real ${server}`, { input: system.server.adminKey })).toMatchObject({
      code: 0,
    });
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    writeFileSync(
      file,
      `SKEP_CONTEXT=nosuch\nSKEP_CLUSTER=nosuch\nSKEP_SERVER=${nowhere}\nNODE_TLS_REJECT_UNAUTHORIZED=0\nOWN=1\n`,
    );
    for (const flag of [`--env-file ${file}`, `--env-file=${file}`]) {
      const name = flag.includes('=') ? 'of-file-one' : 'of-file-two';
      const line = `service create --name ${name} --cluster one ${flag} --no-wait busybox sleep 1d`;
      const told = await skep(line, bare);
      expect(told, told.err).toMatchObject({ code: 4 });
      const [{ env }] = JSON.parse(await type(`service inspect ${name}`));
      expect(JSON.stringify(env)).toContain('OWN');
    }
  });

  it('version tells its own where no server answers', async () => {
    const SKEP_SERVER = `http://127.0.0.1:${await freePort()}`;
    const { code, out, err } = await skep('version', { env: { SKEP_SERVER } });
    expect(code).toBe(6);
    expect(out).toMatch(/^skep \d+\.\d+\.\d+, Node v\d+/);
    expect(err).toContain('http or https?');
  });

  it('a server that does not know what is asked is of another version, which is no bad usage', async () => {
    const older = createServer((request, response) => {
      request.resume();
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          errors: [
            {
              message: 'Cannot query field "tlsInfo" on type "Node".',
              extensions: { code: 'BAD_USER_INPUT' },
            },
          ],
        }),
      );
    });
    await new Promise<void>((resolve) => older.listen(0, '127.0.0.1', resolve));
    const { port } = older.address() as AddressInfo;
    const told = await skep('node ls', { env: { SKEP_SERVER: `http://127.0.0.1:${port}` } });
    await new Promise((resolve) => older.close(resolve));
    expect(told).toMatchObject({ code: 1, out: '' });
    expect(told.err).toContain('of another version than this command');
  });

  it('standard input is waited for, however slow its writer is', async () => {
    for (const [line, text, code] of [
      [`context create slow --server ${system.server.url}`, system.server.adminKey, 0],
      ['fleet plan - --cluster one', 'skepFleet: 1\ncluster: one\nnodes: []\n', 2],
    ] as const) {
      const child = skep.start(line);
      let err = '';
      child.stderr?.setEncoding('utf8').on('data', (told: string) => {
        err += told;
      });
      const ended = new Promise((resolve) => child.once('close', resolve));
      // It sleeps in a read of its descriptor 0, or has given up.
      await until(
        () => child.exitCode !== null || /^\d+ 0x0 /.test(readFileSync(`/proc/${child.pid}/syscall`, 'utf8')),
        'it reads',
      );
      child.stdin?.end(text);
      expect(await ended, err).toBe(code);
      expect(err).not.toContain('EAGAIN');
    }
    await skep('context rm slow');
  });

  it('a refused key is explained by where it is from', async () => {
    const { err } = await skep('node ls', { env: { SKEP_KEY: 'nonsense' } });
    await skep('context rm real');
    expect(err).toContain('Hint: is the key right');
    expect(err).not.toContain('Authorization');
    expect((await skep('context show')).out).toContain('Key from:\tSKEP_KEY\n');
    await skep(`context create kept --server ${system.server.url}`, { input: system.server.adminKey });
    const none = { env: { SKEP_SERVER: '', SKEP_KEY: '' } };
    expect((await skep('context show', none)).out).toContain('Key from:\tthe context kept\n');
  });
});
