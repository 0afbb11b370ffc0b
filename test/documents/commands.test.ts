// Commands that pages show and no other test types: each is taken from its page and typed as it stands, but for the names
// of the reader's machines and for the length of what would run for hours.
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../lab/processes.ts';
import { at } from '../support/at.ts';
import { boxesBelow } from '../support/boxes.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { firstKeyIn } from '../support/server-inside.ts';
import { skepFile } from '../support/skep.ts';
import { type System, startSystem } from '../support/system.ts';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const serverFile = join(root, 'dist/server.cjs');

describe(`commands of the pages, on ${enginesNote}`, () => {
  let system: System;
  let folder: string;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    system = await startSystem({ engines });
    await system.formSwarm();
    folder = mkdtempSync(join(system.dir, 'reader-'));
    mkdirSync(join(folder, 'bin'));
    for (const [name, file] of [
      ['skep', skepFile],
      ['skep-server', serverFile],
    ])
      writeFileSync(
        join(folder, 'bin', name ?? ''),
        `#!/bin/sh\nexec '${process.execPath}' '${file}' "$@"\n`,
        {
          mode: 0o755,
        },
      );
  });
  afterAll(async () => {
    // Groups of their own: what npm started ends with it.
    for (const { pid } of running)
      if (pid !== undefined)
        try {
          process.kill(-pid, 'SIGKILL');
        } catch {
          // It has ended.
        }
    await system?.stop();
  });

  type Shell = { ended: Promise<number | null>; told(): string };
  /** A shell that ends at the first line that fails. */
  const type = (code: string, env: NodeJS.ProcessEnv = {}, cwd = folder): Shell => {
    const child = spawn('bash', ['-e', '-c', `exec 2>&1\n${code}`], {
      cwd,
      detached: true,
      env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder, ...env },
    });
    running.push(child);
    let told = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    return { ended, told: () => told };
  };
  const typed = async (code: string, env?: NodeJS.ProcessEnv, cwd?: string): Promise<string> => {
    const { ended, told } = type(code, env, cwd);
    expect(await ended, told()).toBe(0);
    return told();
  };
  const asAdmin = () => ({ SKEP_SERVER: system.server.url, SKEP_KEY: system.server.adminKey });

  it('README: what an operator types', { timeout: 120_000 }, async () => {
    const [, box = ''] = boxesBelow('README.md', '# Skep');
    const named = box
      .replace('web-2', at(system.members, 1).host.hostname)
      .replace('web-3', at(system.members, 2).host.hostname);
    // The dry run says that it would be refused, by its exit code too.
    const told = await typed(named.replace('--dry-run', '--dry-run || [ $? = 3 ]'), asAdmin());
    expect(told).toContain('Leader');
    expect(told).toContain('nothing was changed');
    const { nodes } = await system.ask('{ nodes { edges { node { hostname availability } } } }');
    expect(
      nodes.edges
        .filter(({ node }: { node: { availability: string } }) => node.availability === 'DRAIN')
        .map(({ node }: { node: { hostname: string } }) => node.hostname),
    ).toEqual([at(system.members, 2).host.hostname]);
  });

  it('README: the server out of a checkout', { timeout: 120_000 }, async () => {
    const [box = ''] = boxesBelow('README.md', '## Running it for real');
    const data = join(folder, 'data');
    const { told } = type(box.replace('/var/lib/skep', data), { SKEP_PORT: String(await freePort()) }, root);
    await until(() => told().includes('"msg":"listening"'), 'the server listens', 90_000);
    expect(told()).toMatch(/skep_key_\w{8}_/);
  });

  it('docs/cli.md: the command line out of a checkout', { timeout: 120_000 }, async () => {
    const [box = ''] = boxesBelow('docs/cli.md', '# The command line');
    // The build itself would take its files away from the tests beside this one.
    expect(box).toContain('npm run build\n');
    const place = join(folder, 'installed-skep');
    await typed(box.replace('npm run build\n', '').replace('/usr/local/bin/skep', place), {}, root);
    expect(await typed(`${place} --version`)).toContain(
      JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
    );
  });

  it('docs/client.md: a key that no list of processes shows', { timeout: 60_000 }, async () => {
    const [box = ''] = boxesBelow('docs/client.md', '# Clients');
    const here = box
      .replace('https://skep.example.org/graphql', system.server.url)
      .replace('worker-1', at(system.members, 0).host.hostname);
    // Until Ctrl-C: its last line is a subscription.
    const { told } = type(`{\n${here}} <<< '${system.server.adminKey}'`, {}, root);
    await until(() => /"new": ?"by-curl"/.test(told()), 'its change is told');
    expect(told()).not.toContain(system.server.adminKey);
  });

  it('docs/client.md: the typed client in a project of one’s own', { timeout: 120_000 }, async () => {
    const [box = ''] = boxesBelow('docs/client.md', '## The typed client');
    expect(box).toContain('npm run build\n');
    mkdirSync(join(folder, 'my-project'));
    writeFileSync(join(folder, 'my-project/package.json'), '{ "name": "mine", "private": true }');
    symlinkSync(root, join(folder, 'skep'));
    const check = `node --input-type=module -e "console.log(typeof (await import('@skep/client')).createSkepClient)"`;
    expect(await typed(`cd skep\n${box.replace('npm run build\n', '')}\n${check}`)).toContain('function');
  });

  it('docs/operating.md: the history is taken elsewhere and verified', { timeout: 120_000 }, async () => {
    const [box = ''] = boxesBelow('docs/operating.md', '## The history');
    const data = join(system.dir, 'data');
    const newest = async () => (await system.ask('{ verifyAudit { head { seq } } }')).verifyAudit.head.seq;
    const { sealAudit } = await system.ask(
      'mutation($before: DateTime!) { sealAudit(input: { before: $before, reason: "an example" }) { state } }',
      { before: new Date().toISOString() },
    );
    expect(sealAudit.state).toBe('SUCCEEDED');
    const agent = at(system.members, 0).agent.stateDir;
    await until(
      async () => readFileSync(join(agent, 'heads.jsonl'), 'utf8').includes(`"seq":${await newest()},`),
      'the agent keeps a head of the newest record',
    );
    copyFileSync(join(agent, 'heads.jsonl'), join(data, 'heads.jsonl'));
    const told = await typed(
      box.replace('https://skep.example.org', new URL(system.server.url).origin),
      { KEY: system.server.adminKey },
      data,
    );
    expect(told).toContain('OK: nothing was changed');
  });

  it('docs/testing-faults.md: a failpoint', { timeout: 120_000 }, async () => {
    const [box = ''] = boxesBelow('docs/testing-faults.md', '## Failpoints');
    const data = mkdtempSync(join(folder, 'faults-'));
    const port = String(await freePort());
    const { told, ended } = type(box, { SKEP_DATA_DIR: data, SKEP_PORT: port }, root);
    await until(() => told().includes('"msg":"listening"'), 'the server listens', 60_000);
    expect(told()).toContain('audit.afterIntent');
    const key = firstKeyIn(told());
    const ask = { SKEP_SERVER: `http://127.0.0.1:${port}`, SKEP_KEY: key };
    for (const name of ['one', 'two']) await typed(`skep host enrol ${name}`, ask);
    await type('skep host enrol three', ask).ended;
    expect(await ended).not.toBe(0);
  });

  it('docs/testing-faults.md: chaos', { timeout: 300_000 }, async () => {
    const [box = ''] = boxesBelow('docs/testing-faults.md', '## Chaos');
    const real = engines.kind === 'real' ? 'real' : 'simulated';
    const short = box
      .replaceAll('--minutes 20', '--minutes 0.05')
      .replaceAll('=200', '=1')
      .replace('--engines real', `--engines ${real}`);
    const told = await typed(short, {}, root);
    expect(told.match(/violations +0/g)).toHaveLength(3);
  });
});
