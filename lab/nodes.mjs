// Other versions of Node for tests, out of npm's registry: .lab/nodes/<version>/bin/node, with its headers. Linux only.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from './prepare-packages.mjs';

const folder = fileURLToPath(new URL('../.lab/nodes', import.meta.url));

/**
 * Fetches a Node at its first use; later runs take what is there.
 *
 * @param {string} version as npm takes it: `24` is the newest of these then, `20.19.0` that very one
 * @returns {string} the program
 * @throws Error with npm's words
 */
export const otherNode = (version) => {
  const into = join(folder, version);
  const program = join(into, 'bin/node');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const part = `${into}.${process.pid}`;
  const name = `node-linux-${process.arch}`;
  const [command, ...first] = npm;
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-save',
    '--prefix',
    part,
    `${name}@${version}`,
  ];
  mkdirSync(part);
  const { status, stderr } = spawnSync(command, [...first, ...args], { cwd: part, encoding: 'utf8' });
  if (status !== 0) throw new Error(`Node ${version} could not be fetched: ${stderr}`);
  // One of two that fetch at once is first; both are the same.
  if (!existsSync(into)) renameSync(join(part, 'node_modules', name), into);
  rmSync(part, { recursive: true, force: true });
  return program;
};
