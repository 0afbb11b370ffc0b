// `npm run test:node -- 24 [what vitest takes]`: the tests by another Node, on simulated engines, in a copy of this checkout
// whose packages are compiled and whose build is made by that Node. The copy stays in .lab/checkouts and is quick the next time.
// `npm run test:node -- 24 --prepare` makes it and runs nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { linkPackages } from './link-packages.mjs';
import { otherNode } from './nodes.mjs';
import { withLock } from './prepare-lock.mjs';
import { documentFolders, generatedFolder } from './prepared-files.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [version = '', ...args] = process.argv.slice(2);

/** Everything that git knows or would take, and no more. */
const copySources = (copy) => {
  const clear = (folder, kept) => {
    for (const name of existsSync(folder) ? readdirSync(folder) : [])
      if (!kept.includes(name)) rmSync(join(folder, name), { recursive: true, force: true });
  };
  // What is made stays; a migration that is gone, or has another name, must not.
  const made = [generatedFolder, ...documentFolders].map((path) => path.split('/'));
  clear(copy, ['node_modules', '.lab', 'dist', ...made.map(([folder]) => folder)]);
  for (const [folder, ...below] of made) clear(join(copy, folder), below);
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
  for (const path of listed.toString().split('\0')) {
    if (path === '' || !existsSync(join(root, path))) continue;
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path));
  }
};

const test = (copy) => {
  const node = otherNode(version);
  mkdirSync(copy, { recursive: true });
  copySources(copy);
  linkPackages(root, copy, node);
  const env = {
    ...process.env,
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    // Not those of this Node.
    npm_config_nodedir: undefined,
    NODE: node,
    npm_node_execpath: node,
    SKEP_ENGINES: 'simulated',
    SKEP_LAB_DIR: process.env.SKEP_LAB_DIR ?? join(root, '.lab'),
    // It asks for real engines.
    CI: '',
  };
  const run = (...command) => spawnSync(node, command, { cwd: copy, env, stdio: 'inherit' }).status ?? 1;
  console.log(`test: Node ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}, in ${copy}`);
  const prepared = run('lab/prepare.mjs');
  if (prepared !== 0 || args[0] === '--prepare') return prepared;
  return run('--import', 'tsx', 'test/run.ts', ...args);
};

const main = () => {
  if (!/^\d+(\.\d+){0,2}$/.test(version)) throw new Error('which Node? npm run test:node -- 24, or 20.19.0');
  const copy = join(root, '.lab/checkouts', version);
  // Another run would take this one's files away in the midst of its tests.
  return withLock(
    `${copy}.lock`,
    (line) => console.log(`test: ${line}`),
    async () => test(copy),
  );
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`test: ${error.message}`);
  console.log('\n0 passed, 1 failed');
  process.exitCode = 1;
}
