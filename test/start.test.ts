// docs/start.md is true: its boxes are typed into one shell on a machine that has a Docker Engine and nothing of Skep.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../lab/engines/host.ts';
import { createLab, type Lab, labFolder, ownPrefix } from '../lab/engines/lab.ts';
import { whyNoRealEngines } from '../lab/machines.ts';
// @ts-expect-error plain JavaScript: it runs before anything else does
import { headers } from '../lab/prepare-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'docs/start.md'), 'utf8');
const boxes = [...page.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, code = '']) => code);

describe.skipIf(whyNoRealEngines() !== null)('docs/start.md, on a real engine 20.10', () => {
  let lab: Lab;
  let host: LabHost;
  let folder: string;
  const shells: ChildProcess[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skep-start-'));
    mkdirSync(join(folder, 'home'));
    lab = createLab({ dir: labFolder(), prefix: ownPrefix('st'), subnet: '10.87.0' });
    host = await lab.addHost({ version: '20.10' });
  }, 300_000);
  afterAll(async () => {
    for (const { pid } of shells)
      if (pid !== undefined)
        try {
          process.kill(-pid, 'SIGKILL');
        } catch {
          // It has ended, and all that it started.
        }
    await lab?.down();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Types into a shell that ends at the first line that fails. @returns all that it printed */
  const type = async (code: string, { inside }: { inside: boolean }): Promise<string> => {
    const log = join(folder, 'typed.log');
    writeFileSync(log, '');
    // What it starts in the background lives on, and has its output elsewhere.
    const command = ['bash', '-e', '-c', `exec > '${log}' 2>&1\n${code}`];
    const [program = '', ...args] = inside ? ['nsenter', `--net=${host.netns}`, ...command] : command;
    const shell = spawn(program, args, {
      cwd: root,
      detached: true,
      stdio: 'ignore',
      env: {
        ...process.env,
        PATH: `${join(folder, 'global/bin')}:${process.env.PATH}`,
        HOME: join(folder, 'home'),
        // Where root's npm puts what is global, and how it compiles where nothing but the registry can be reached.
        npm_config_userconfig: join(homedir(), '.npmrc'),
        npm_config_prefix: join(folder, 'global'),
        npm_config_build_from_source: 'true',
        ...headers(),
        SKEP_AGENT_DOCKER_SOCKET: host.socketPath,
      },
    });
    shells.push(shell);
    const ended = await new Promise((resolve) => shell.once('close', resolve));
    const told = readFileSync(log, 'utf8');
    expect(ended, told).toBe(0);
    return told;
  };

  it('leads from nothing to a managed node', { timeout: 400_000 }, async () => {
    const isOfNpm = (code: string): boolean => code.startsWith('npm ');
    expect(boxes.filter(isOfNpm).length).toBe(1);
    // npm asks its registry, which the engine's own network does not reach.
    const installed = await type(boxes.filter(isOfNpm).join(''), { inside: false });
    expect(installed).toContain(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
    const told = await type(boxes.filter((code) => !isOfNpm(code)).join(''), { inside: true });
    for (const word of [
      'Swarm initialized: current node',
      'Leader',
      'tier=front',
      'Raft Status:',
      'the first label',
      'exit code 3',
    ])
      expect(told).toContain(word);
    expect(told).not.toMatch(/skep_key_\w+_[\w-]{20}/);
  });
});
