// The lab of real engines: three come up, live through what happens to machines, and leave nothing behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { whyNoRealEngines } from '../../lab/engines/can-run.ts';
import { callEngine } from '../../lab/engines/engine-http.ts';
import type { LabHost } from '../../lab/engines/host.ts';
import { createLab, type Lab, labFolder, ownPrefix } from '../../lab/engines/lab.ts';
import { removeLab, sweep } from '../../lab/engines/lab-claims.ts';
import { runCommand } from '../../lab/engines/run-command.ts';
import { until } from '../support/until.ts';

const reason = whyNoRealEngines();
const isCI = process.env.CI === 'true';

describe.runIf(isCI)('in CI', () => {
  it('can run real engines', () => {
    expect(reason).toBeNull();
  });
});

const infoSchema = z.object({
  ID: z.string(),
  Swarm: z.object({ NodeID: z.string(), LocalNodeState: z.string() }),
});

async function readInfo(host: LabHost) {
  return infoSchema.parse(JSON.parse((await callEngine(host.socketPath, { path: '/info' })).text));
}

/** What of a lab is on this machine now. */
function traces(prefix: string, networks: readonly number[] = []) {
  const isOurs = (name: string) => new RegExp(`^${prefix}(sw|\\d+)$`).test(name);
  const processes = readdirSync('/proc').filter((pid) => {
    try {
      return networks.some((inode) => readlinkSync(`/proc/${pid}/ns/net`) === `net:[${inode}]`);
    } catch {
      return false;
    }
  });
  const groups = ['', ...readdirSync('/sys/fs/cgroup')].map((one) =>
    join('/sys/fs/cgroup', one, `skep-${prefix}`),
  );
  return {
    namespaces: existsSync('/run/netns') ? readdirSync('/run/netns').filter(isOurs) : [],
    processes,
    mounts: readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(`/${prefix}/`) || line.includes(`/netns/${prefix}`)),
    folders: [`/run/skep/${prefix}`, join(labFolder(), 'labs', prefix), ...groups].filter((path) =>
      existsSync(path),
    ),
  };
}

const nothing = { namespaces: [], processes: [], mounts: [], folders: [] };

const title = `real engines${reason ? ` (skipped: ${reason})` : ''}`;

describe.skipIf(reason !== null && !isCI)(title, { timeout: 60_000 }, () => {
  const dir = labFolder();
  const prefix = ownPrefix('te');
  let lab: Lab;
  let hosts: [LabHost, LabHost, LabHost];

  beforeAll(async () => {
    lab = createLab({ dir, prefix, subnet: '10.91.0', onProgress: console.log });
    hosts = await Promise.all([lab.addHost(), lab.addHost(), lab.addHost()]);
    // The first run on a machine fetches and unpacks the engine.
  }, 600_000);

  afterAll(() => lab.down(), 60_000);

  it('answers on three sockets, each engine with an id of its own', async () => {
    const answers = await Promise.all(hosts.map((host) => callEngine(host.socketPath, { path: '/_ping' })));
    expect(answers).toEqual(Array(3).fill({ status: 200, text: 'OK' }));
    const ids = await Promise.all(hosts.map(async (host) => (await readInfo(host)).ID));
    expect(new Set(ids).size).toBe(3);
    for (const host of hosts) expect(host.socketPath.length).toBeLessThan(108);
  });

  it('keeps the swarm through kill -9, SIGTERM and a power cut', async () => {
    const [first] = hosts;
    const body = { ListenAddr: '0.0.0.0:2377', AdvertiseAddr: first.address };
    expect(await callEngine(first.socketPath, { method: 'POST', path: '/swarm/init', body })).toMatchObject({
      status: 200,
    });
    const before = await readInfo(first);
    expect(before.Swarm.LocalNodeState).toBe('active');
    for (const end of [first.kill9, first.stop, first.powerOff]) {
      await end();
      // Reset: a child that it was making when it was killed held its socket for a moment more.
      await expect(callEngine(first.socketPath, { path: '/_ping' })).rejects.toThrow(
        /ECONNREFUSED|ENOENT|ECONNRESET|hang up/,
      );
      await first.start();
      expect((await readInfo(first)).Swarm.NodeID).toBe(before.Swarm.NodeID);
    }
  });

  it('freezes and thaws an engine', async () => {
    const [, second] = hosts;
    await second.pause();
    await expect(callEngine(second.socketPath, { path: '/_ping', timeoutMs: 300 })).rejects.toThrow(
      'ETIMEDOUT',
    );
    await second.resume();
    await second.ready(5_000);
  });

  it('cuts a host off from the network, not from its own socket', async () => {
    const [first, , third] = hosts;
    const ping = () => third.exec(['busybox', 'ping', '-c', '1', '-W', '1', first.address]);
    await ping();
    await third.cut();
    await expect(ping()).rejects.toThrow();
    await third.ready(1_000);
    await third.heal();
    // Its kernel asks for the other's address only once a second.
    await until(ping, 'its packets reach the other host', 5_000);
  });

  it('imports an image without a registry', async () => {
    await Promise.all(hosts.map((host) => host.importImage()));
    const images = await Promise.all(
      hosts.map((host) => callEngine(host.socketPath, { path: '/images/bb:1/json' })),
    );
    expect(images.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('lets a test serve the hosts and reach a server among them', async () => {
    const server = createServer((_, answer) => answer.end('from the test'));
    const socket = await lab.listen();
    const at = socket.address();
    if (at === null || typeof at === 'string') throw new Error('no port');
    server.listen(socket);
    const agent = `fetch('http://${lab.address}:${at.port}/').then(async (r) => console.log(await r.text()))`;
    const said = runCommand('nsenter', [`--net=${hosts[0].netns}`, process.execPath, '-e', agent]);
    expect(await said).toBe('from the test\n');
    const door = await lab.forward(at.port);
    expect(await (await fetch(`http://127.0.0.1:${door.port}/`)).text()).toBe('from the test');
    await door.close();
    server.close();
  });

  it('refuses a prefix that is in use, and leaves that lab alone', async () => {
    const other = createLab({ dir, prefix, subnet: '10.91.1' });
    await expect(other.addHost()).rejects.toThrow(`in use by process ${process.pid}`);
    await other.down();
    await Promise.all(hosts.map((host) => host.ready(1_000)));
  });

  it('tells why an engine does not start', async () => {
    await expect(lab.addHost({ dockerdFlags: ['--no-such-flag'] })).rejects.toThrow(
      'unknown flag: --no-such-flag',
    );
    expect(traces(prefix).namespaces).toHaveLength(4);
  });

  it('leaves no process, namespace, mount, control group or folder', async () => {
    const networks = [lab.netns, ...hosts.map((host) => host.netns)].map((path) => statSync(path).ino);
    expect(traces(prefix, networks).processes.length).toBeGreaterThanOrEqual(3);
    await lab.down();
    expect(traces(prefix, networks)).toEqual(nothing);
  });

  it('sweeps what a killed run left, and nothing of a living one', async () => {
    const doomed = ownPrefix('tf');
    const script = `
      import { createLab } from './lab/engines/lab.ts';
      const lab = createLab({ dir: ${JSON.stringify(dir)}, prefix: '${doomed}', subnet: '10.91.2' });
      lab.addHost().then((host) => { console.log('up'); setInterval(() => {}, 1_000); });
    `;
    const run = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: join(import.meta.dirname, '../..'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(createInterface(run.stdout), 'line');
      const networks = [`${doomed}sw`, `${doomed}1`].map((name) => statSync(`/run/netns/${name}`).ino);
      expect(await sweep({ dir })).not.toContain(doomed);
      run.kill('SIGKILL');
      await once(run, 'exit');
      expect(await sweep({ dir })).toContain(doomed);
      expect(traces(doomed, networks)).toEqual(nothing);
    } finally {
      run.kill('SIGKILL');
      await removeLab(doomed, dir);
    }
  });
});
