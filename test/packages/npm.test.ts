// The npm packages, as people have them: packed, installed into an empty folder by npm, and at work. npm fetches what
// better-sqlite3 needs from the registry; its addon, which npm would fetch or compile, is the one that this checkout has.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../lab/processes.ts';
import { type System, startSystem } from '../support/system.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const addon = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';

const folder = mkdtempSync(join(tmpdir(), 'skep-npm-'));
const packed = join(folder, 'packed');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Installs a package alone into a folder of its own, and gives that folder. */
const install = (file: string): string => {
  const into = join(folder, file.replace(/\.tgz$/, ''));
  mkdirSync(into);
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--prefix',
    into,
  ];
  execFileSync('npm', [...args, join(packed, file)], { cwd: into, stdio: 'pipe' });
  return into;
};

const versionOf = (into: string, name: string): string =>
  JSON.parse(readFileSync(join(into, 'node_modules', name, 'package.json'), 'utf8')).version;

const run = (into: string, name: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(join(into, 'node_modules/.bin', name), args, {
    cwd: into,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
    // One that starts in place of answering.
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  return { status, stdout, stderr };
};

/** Each package with what it brings along beside itself. */
const installed = new Map<string, string>();
const whereIs = (name: string): string => installed.get(name) ?? '';

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'lab/pack.mjs'), '--to', packed], { stdio: 'pipe' });
  for (const file of readdirSync(packed)) {
    const name = file.replace(`-${manifest.version}.tgz`, '').replace(/^skep-client$/, '@skep/client');
    installed.set(name, install(file));
  }
  const server = whereIs('skep-server');
  expect(versionOf(server, 'better-sqlite3')).toBe(versionOf(root, 'better-sqlite3'));
  mkdirSync(join(server, 'node_modules/better-sqlite3/build/Release'), { recursive: true });
  copyFileSync(join(root, addon), join(server, addon));
}, 300_000);

describe('each package', () => {
  it('is there, with the version of all, the licence and a README', () => {
    expect([...installed.keys()].sort()).toEqual(['@skep/client', 'skep', 'skep-agent', 'skep-server']);
    for (const [name, into] of installed) {
      const own = join(into, 'node_modules', name);
      const { version, license, engines } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'));
      expect({ version, license, engines }).toEqual({
        version: manifest.version,
        license: 'Apache-2.0',
        engines: manifest.engines,
      });
      expect(readFileSync(join(own, 'LICENSE'), 'utf8')).toContain('Apache License');
      expect(readFileSync(join(own, 'README.md'), 'utf8')).toContain(`# ${name}\n`);
    }
  });

  it.each(['skep', 'skep-agent'])('%s brings no other along', (name) => {
    const beside = readdirSync(join(whereIs(name), 'node_modules')).filter((each) => !each.startsWith('.'));
    expect(beside).toEqual([name]);
  });

  it('skep-server asks for better-sqlite3 alone', () => {
    const own = join(whereIs('skep-server'), 'node_modules/skep-server/package.json');
    expect(JSON.parse(readFileSync(own, 'utf8')).dependencies).toEqual({
      'better-sqlite3': manifest.dependencies['better-sqlite3'],
    });
  });

  it.each(['skep', 'skep-agent', 'skep-server'])('%s is a program that says its version', (name) => {
    expect(statSync(join(whereIs(name), 'node_modules/.bin', name)).mode & 0o111).toBe(0o111);
    const { status, stdout, stderr } = run(whereIs(name), name, '--version');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(manifest.version);
  });

  it.each(['skep', 'skep-agent', 'skep-server'])('%s is a program that says how it is used', (name) => {
    const { status, stdout } = run(whereIs(name), name, '--help');
    expect(status).toBe(0);
    expect(stdout).toContain(name);
    expect(stdout).toContain('--help');
  });

  it.each(['skep-agent', 'skep-server'])('%s has its unit', (name) => {
    const unit = readFileSync(join(whereIs(name), 'node_modules', name, `${name}.service`), 'utf8');
    expect(unit).toBe(readFileSync(join(root, `packages/systemd/${name}.service`), 'utf8'));
  });

  it('skep-agent refuses to start without a server, and says what is missing', () => {
    const { status, stderr } = run(whereIs('skep-agent'), 'skep-agent');
    expect(status).toBe(2);
    expect(stderr).toContain('SKEP_AGENT_SERVER: is missing');
  });
});

describe('server and agents that npm installed, on SIMULATED engines', () => {
  let system: System;
  const server = () => join(whereIs('skep-server'), 'node_modules/skep-server/server.cjs');
  const agent = () => join(whereIs('skep-agent'), 'node_modules/skep-agent/agent.cjs');

  beforeAll(async () => {
    system = await startSystem({
      engines: { kind: 'simulated', version: '28.5', speed: 4 },
      hosts: 2,
      launch: (options) => startServer({ ...options, entry: server() }),
      agentEntry: agent(),
    });
  });
  afterAll(() => system?.stop());

  it('form a swarm, and the console is served', async () => {
    await system.formSwarm();
    const { nodes, verifyAudit } = await system.ask(
      '{ nodes { edges { node { hostname status { state } } } } verifyAudit { ok } }',
    );
    expect(nodes.edges.map(({ node }: { node: { hostname: string } }) => node.hostname).sort()).toEqual(
      system.members.map(({ host }) => host.hostname).sort(),
    );
    expect(verifyAudit.ok).toBe(true);
    const page = await fetch(new URL('/', system.server.url));
    expect(await page.text()).toContain('<title>Skep</title>');
  });
});
