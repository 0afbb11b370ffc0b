// The packages of this checkout in a copy of it, for another Node: hard links, which take no room.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const lock = 'node_modules/.package-lock.json';
const read = (folder) => (existsSync(join(folder, lock)) ? readFileSync(join(folder, lock), 'utf8') : null);

/**
 * All but what tools keep there and what is compiled for another ABI: that is written anew. Nothing when they are there.
 *
 * @param {string} root the checkout
 * @param {string} copy the other one
 * @param {string} node the program that is to load them
 */
export const linkPackages = (root, copy, node) => {
  if (read(copy) === read(root)) return;
  const [into, part] = [join(copy, 'node_modules'), join(copy, 'node_modules.part')];
  for (const left of [into, part]) rmSync(left, { recursive: true, force: true });
  execFileSync('cp', ['-al', join(root, 'node_modules'), part]);
  const abi = execFileSync(node, ['-p', 'process.versions.modules'], { encoding: 'utf8' }).trim();
  const compiled = abi === process.versions.modules ? [] : ['better-sqlite3/build'];
  for (const name of [...compiled, '.vite', '.cache', '.prisma'])
    rmSync(join(part, name), { recursive: true, force: true });
  // Whole or not there: npm's note of what it installed, by which it is known, is among the first that are linked.
  renameSync(part, into);
};
