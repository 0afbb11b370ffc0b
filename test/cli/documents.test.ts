// docs/cli.md is true: its boxes are run from the first to the last, as a reader pastes them.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../support/at.ts';
import { engines, enginesNote } from '../support/engines.ts';
import { skepFile } from '../support/skep.ts';
import { type System, startSystem } from '../support/system.ts';

const text = readFileSync(fileURLToPath(new URL('../../docs/cli.md', import.meta.url)), 'utf8');
const boxes = [...text.matchAll(/^```bash\n(.*?)^```$/gms)].map(
  ({ 1: code = '', index }): [string, string] => [
    `docs/cli.md:${text.slice(0, index).split('\n').length}`,
    code,
  ],
);
/** What a box with this word must have printed, in this order. */
const proofs: [word: string, ...printed: string[]][] = [
  ['context create', 'lab *'],
  ['swarm init', 'is now a manager', 'joined a swarm', 'Leader', 'Raft Status', 'promoted to a manager'],
  ['secret create', 'db-password', 'web scaled to 3', 'web.1'],
  ['--dry-run', 'exit code 3', 'demoted in the swarm'],
  ['skep drain', 'drainNodes', ': SUCCEEDED', 'State:\t\tSUCCEEDED'],
  ['maintenance roll', 'State:\t\tSUCCEEDED', 'Progress:\t2 of 2 nodes', 'Succeeded'],
  ['skep watch', 'updateNodeLabels', 'one manager is enough here', 'The history is whole'],
  ['host ls', 'Connected', 'Nothing that was found blocks.', 'Autolock:', 'exit code 7', 'deploy'],
  ['webhook create', 'posts to receiver.example', 'node-down,quorum-lost', 'LAST ANSWER', 'signs too'],
  [
    'fleet plan',
    'labels.zone',
    'exit code 7',
    'updateNodeLabels',
    'All is as the document says.',
    'Differs:\tnothing',
  ],
  ['swarm leave', 'Node left the swarm.'],
];
/** How far one gets in the text by finding each of the words after the one before. */
const inOrder = (told: string, words: readonly string[]): string[] => {
  let at = 0;
  return words.filter((word) => {
    const found = told.indexOf(word, at);
    if (found >= 0) at = found + word.length;
    return found >= 0;
  });
};

describe(`docs/cli.md, on ${enginesNote}`, () => {
  let system: System;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    system = await startSystem({ engines });
    // A reader's hosts pull theirs.
    await Promise.all(system.members.map(({ host }) => host.importImage?.()));
    folder = join(system.dir, 'reader');
    mkdirSync(join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'bin/skep'), `#!/bin/sh\nexec '${process.execPath}' '${skepFile}' "$@"\n`, {
      mode: 0o755,
    });
    writeFileSync(join(folder, 'admin.key'), `${system.server.adminKey}\n`, { mode: 0o600 });
    env = {
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      HOME: folder,
      SKEP_SERVER: system.server.url,
    };
  });
  afterAll(async () => {
    for (const { pid } of running) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    await system?.stop();
  });

  /** The names of the reader's machines. */
  const withNames = (code: string): string =>
    ['cloud01', 'cloud02', 'cloud03'].reduce(
      (replaced, name, index) => replaced.replaceAll(name, at(system.members, index).host.hostname),
      code.replaceAll('172.19.6.222', at(system.members, 0).host.address),
    );

  it('has boxes, and each is looked at', () => {
    expect(boxes.length).toBeGreaterThan(7);
    for (const [word] of proofs) expect(boxes.filter(([, code]) => code.includes(word))).not.toEqual([]);
  });

  it.each(boxes)('%s runs', { timeout: 180_000 }, async (_, code) => {
    const shell = spawn('bash', ['-e', '-s'], { cwd: folder, env, detached: true });
    running.push(shell);
    let told = '';
    for (const stream of [shell.stdout, shell.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        told += chunk;
      });
    shell.stdin.end(withNames(code));
    const ended = await new Promise((resolve) => shell.once('close', resolve));
    running.splice(running.indexOf(shell), 1);
    expect(ended, told).toBe(0);
    expect(told).not.toContain(system.server.adminKey);
    for (const [word, ...printed] of proofs)
      if (code.includes(word)) expect(inOrder(told, printed), told).toEqual(printed);
    // What the first box does for those that follow.
    if (code.includes('context create')) env = { ...env, SKEP_SERVER: undefined };
  });
});
