// `npm run demo`, as a user runs it: what it says, what it writes, what its commands do, and that nothing is left.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAsk } from '../lab/client.ts';
import { callEngine } from '../lab/engines/engine-http.ts';
import { isRunning, type ProcessIdentity, processesInNetwork } from '../lab/engines/processes.ts';
import { permissions } from '../server/access/permissions.ts';
import { type Demo, startDemo } from './support/demo.ts';
import { engines, enginesNote } from './support/engines.ts';
import { until } from './support/until.ts';

const isLinux = process.platform === 'linux';
const asUser = async (command: string): Promise<Record<string, any>> => {
  const { stdout } = await promisify(execFile)('sh', ['-c', command]);
  return JSON.parse(stdout);
};

let data: string;
let running: Demo[] = [];

const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Demo => {
  const demo = startDemo(data, args, env);
  running.push(demo);
  return demo;
};

/** Everything on this machine that is a demo's: processes, and what its names stand for. */
type Traces = { prefix: string; folder: string; processes: ProcessIdentity[] };

const tracesOf = async (demo: Demo): Promise<Traces> => {
  const { hosts } = demo.json();
  const names = hosts.map(({ hostname }) => hostname);
  const networks = names.map((name) => `/run/netns/${name}`).filter((path) => existsSync(path));
  const inside = await Promise.all(networks.map((path) => processesInNetwork(statSync(path).ino)));
  return {
    prefix: (names[0] ?? '').replace(/\d+$/, ''),
    folder: dirname((hosts[0]?.dockerHost ?? '').replace('unix://', '')),
    processes: [...(isLinux ? await demo.children() : []), ...inside.flat()],
  };
};

const stillRunning = async ({ processes }: Traces): Promise<ProcessIdentity[]> => {
  const states = await Promise.all(processes.map(isRunning));
  return processes.filter((_, at) => states[at]);
};

const leftOnDisk = ({ prefix, folder }: Traces): string[] => {
  const named = (path: string): string[] =>
    existsSync(path)
      ? readdirSync(path)
          .filter((name) => name.replace(/(\d+|sw)$/, '') === prefix)
          .map((name) => join(path, name))
      : [];
  const mounts = isLinux
    ? readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .filter((line) => line.includes(`/${prefix}1`) || line.includes(`/${prefix}/`))
    : [];
  return [
    ...named('/run/netns'),
    ...named('/run/skep'),
    ...named('/sys/fs/cgroup'),
    ...mounts,
    ...(existsSync(folder) ? [folder] : []),
  ];
};

beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'skep-demo-'));
});
afterEach(async () => {
  for (const demo of running) await demo.end('SIGTERM');
  running = [];
});
afterAll(() => rmSync(data, { recursive: true, force: true }));

describe(`npm run demo on ${enginesNote}`, () => {
  /** What the demo that was killed left, for the next test. */
  let killed: Traces;

  it('plays the main scenario and gives a link to the console and commands that work; kill -9 takes its server and agents with it', {
    timeout: 300_000,
  }, async () => {
    const demo = start([]);
    await demo.ready();
    const output = demo.output();
    expect(output).toContain(
      engines.kind === 'real'
        ? 'engines: REAL Docker Engines'
        : 'engines: SIMULATED, and not real Docker Engines: ',
    );
    for (const act of [
      'initCluster(input: ',
      'joinHosts(input: ',
      'updateNodeLabels(input: ',
      'promoteNodes(input: ',
      'demoteNodes(input: ',
      'availability: DRAIN',
      'availability: ACTIVE',
      'revealJoinToken(input: ',
      'rotateJoinToken(input: ',
    ])
      expect(output).toContain(act);
    expect(output).toMatch(/→ REFUSED after .*\n.*guard NO_FAULT_TOLERANCE: \S/);
    expect(output).toMatch(/first admin +demoteNodes +\S+ +REFUSED +do we need three\?/);
    expect(output).toMatch(/managers: 3, of which 1 can be lost/);
    expect(output).toContain('none was changed');
    // A token is shown with its beginning only.
    expect(output).toContain('SWMTKN-1-');
    expect(output).not.toMatch(/SWMTKN-1-\w{5}/);
    expect(output).not.toContain(demo.json().adminKey);

    const signIn = async (link: string): Promise<number> => {
      const { console: address } = demo.json();
      expect(link.startsWith(`${address}/#ticket=skep_ticket_`)).toBe(true);
      const { status } = await fetch(`${address}/session`, {
        method: 'POST',
        headers: { origin: address, 'content-type': 'application/json' },
        body: JSON.stringify({ ticket: link.split('#ticket=')[1] }),
      });
      return status;
    };
    expect(output).toContain(`The console: ${demo.json().console}\n`);
    const printed = /signs in to it, once and within five minutes: (\S+)/.exec(output)?.[1] ?? '';
    expect(await signIn(printed)).toBe(200);
    expect(await signIn(printed)).toBe(401);
    expect(readFileSync(join(data, 'demo.json'), 'utf8')).not.toContain('ticket');

    const commands = demo.commands();
    const { data: another } = await asUser(commands.link);
    expect(await signIn(another.createSignInLink.link)).toBe(200);
    const listed = await asUser(commands.query);
    expect(listed.data.nodes.edges).toHaveLength(3);
    expect((await asUser(commands.mutation)).data.updateNodeLabels).toEqual({
      state: 'SUCCEEDED',
      failure: null,
    });
    const curl = spawn('sh', ['-c', `exec ${commands.subscription}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let told = '';
      curl.stdout.setEncoding('utf8').on('data', (text: string) => {
        told += text;
      });
      await until(() => told.includes('labels.pasted'), 'the subscription tells of the label', 30_000);
      // The scenario too: it begins at a cursor from before.
      expect(told).toContain('labels.zone');
    } finally {
      curl.kill();
    }

    killed = await tracesOf(demo);
    const children = isLinux ? await demo.children() : [];
    if (isLinux) expect(children).toHaveLength(4);
    await demo.end('SIGKILL');
    await until(
      async () => (await stillRunning({ ...killed, processes: children })).length === 0,
      'the server and the agents end after the demo was killed',
    );
  });

  it('sweeps at its start, writes demo.json, stops before a swarm when --idle, and SIGINT leaves nothing', {
    timeout: 300_000,
  }, async () => {
    const demo = start(['--idle']);
    await demo.ready();
    expect(leftOnDisk(killed)).toEqual([]);
    expect(await stillRunning(killed)).toEqual([]);

    const json = demo.json();
    expect(statSync(join(data, 'demo.json')).mode & 0o777).toBe(0o600);
    expect(Object.keys(json).sort()).toEqual(['adminKey', 'console', 'engines', 'hosts', 'url']);
    expect(json.engines).toBe(engines.kind);
    expect(json.hosts).toHaveLength(3);
    const ask = createAsk(() => json.url, json.adminKey);
    for (const host of json.hosts) {
      expect(Object.keys(host).sort()).toEqual(['dockerHost', 'hostname', 'id']);
      expect(host.dockerHost).toMatch(/^unix:\/\/\//);
      const socket = host.dockerHost.replace('unix://', '');
      const info = await callEngine(socket, { path: '/info', timeoutMs: 10_000 });
      expect(info.text).toContain(`"${host.hostname}"`);
      const known = await ask('query($id: ID!) { host(id: $id) { hostname status swarm { localState } } }', {
        id: host.id,
      });
      expect(known.host).toEqual({
        hostname: host.hostname,
        status: 'CONNECTED',
        swarm: { localState: 'INACTIVE' },
      });
    }
    const { viewer } = await ask('{ viewer { permissions } }');
    expect([...viewer.permissions].sort()).toEqual(Object.keys(permissions).sort());

    const second = start(['--idle']);
    expect(await second.exited()).toBe(1);
    expect(second.output()).toMatch(/A demo of this checkout runs already, as process \d+/);
    const commands = demo.commands();
    expect((await asUser(commands.query)).data.hosts.edges).toHaveLength(3);
    expect((await asUser(commands.mutation)).data.initCluster.state).toBe('SUCCEEDED');

    const traces = await tracesOf(demo);
    expect(traces.processes.length).toBeGreaterThanOrEqual(isLinux ? 4 : 0);
    expect(await demo.end('SIGINT')).toBe(130);
    expect(await stillRunning(traces)).toEqual([]);
    expect(leftOnDisk(traces)).toEqual([]);
    expect(existsSync(join(data, 'demo.json'))).toBe(false);
  });
});

describe('npm run demo on simulated engines, which SKEP_ENGINES=simulated asks for', () => {
  const simulated = { SKEP_ENGINES: 'simulated' };

  it('plays with as many hosts as it is told, on another port where 4000 is taken', {
    timeout: 120_000,
  }, async () => {
    const demo = start(['--hosts', '5'], simulated);
    await demo.ready();
    expect(demo.output()).toContain(
      'engines: SIMULATED, and not real Docker Engines: SKEP_ENGINES=simulated asks for',
    );
    const { engines: kind, hosts } = demo.json();
    expect([kind, hosts.length]).toEqual(['simulated', 5]);
    expect((await asUser(demo.commands().query)).data.nodes.edges).toHaveLength(5);

    const other = startDemo(mkdtempSync(join(tmpdir(), 'skep-demo-')), ['--idle', '--hosts', '1'], simulated);
    running.push(other);
    await other.ready();
    expect(other.output()).toMatch(/server: port 4000 is taken, so it is \d+/);

    const traces = await tracesOf(demo);
    expect(await demo.end('SIGTERM')).toBe(143);
    expect(await stillRunning(traces)).toEqual([]);
    expect(leftOnDisk(traces)).toEqual([]);
  });

  it('ends in good order when told so while it starts', { timeout: 60_000 }, async () => {
    const demo = start(['--idle'], simulated);
    await until(() => demo.output().includes('agents: starting'), 'the agents are starting', 30_000);
    expect(await demo.end('SIGINT')).toBe(130);
    expect(demo.output()).toContain('stopped; nothing is left running');
    expect(existsSync(join(data, 'demo.json'))).toBe(false);
  });

  it('keeps the history when told so', { timeout: 120_000 }, async () => {
    const first = start(['--idle', '--hosts', '1'], simulated);
    await first.ready();
    const { adminKey } = first.json();
    await first.end('SIGINT');
    const second = start(['--idle', '--hosts', '1', '--keep'], simulated);
    await second.ready();
    expect(second.json().adminKey).toBe(adminKey);
    const ask = createAsk(() => second.json().url, adminKey);
    expect((await ask('{ hosts { totalCount } }')).hosts.totalCount).toBe(2);
  });

  it.each([
    [['--hosts', '0'], '--hosts is a whole number from 1 to 50'],
    [['--port', 'http'], '--port is a whole number from 1 to 65535'],
    [['--what'], "Unknown option '--what'"],
  ])('refuses %j with one line and the usage', async (args, message) => {
    const demo = start(args, simulated);
    expect(await demo.exited()).toBe(64);
    expect(demo.output()).toContain(message);
    expect(demo.output()).toContain('npm run demo -- [options]');
  });
});
