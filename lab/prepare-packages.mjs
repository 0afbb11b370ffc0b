// node_modules as package-lock.json has it, and the one native package compiled. No packages: runs on a fresh clone.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { otherNode } from './nodes.mjs';

const readJson = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null);

/** Whether npm's own note of what it installed says what the lock file says. */
export const hasPackages = () => {
  const wanted = readJson('package-lock.json')?.packages ?? {};
  const present = readJson('node_modules/.package-lock.json')?.packages;
  if (!present) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true;
    const found = present[path];
    return found ? found.version === version && found.integrity === integrity : optional === true;
  });
};

const [major, minor] = process.versions.node.split('.').map(Number);
/**
 * An addon that was compiled with the headers of Node 24.19 or newer ends the process at some later garbage collection:
 * their node::ObjectWrap takes a hook away where there is no context (nodejs/node#65446). Those of 24.18 have the same ABI.
 */
const badHeaders = major === 24 && minor >= 19;
const goodHeaders = '24.18.1';

/** Whether SQLite's package can be loaded by this very Node. */
export const hasSqlite = () => {
  const attempt = "new (require('better-sqlite3'))(':memory:').close()";
  const path = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';
  if (!existsSync(path)) return false;
  if (badHeaders && readFileSync(path).includes('RemoveEnvironmentCleanupHook')) return false;
  try {
    // The addon alone, in this process: it refuses a Node of another ABI. Quick, for each start asks.
    createRequire(import.meta.url)(join(process.cwd(), path));
    return true;
  } catch {
    return spawnSync(process.execPath, ['-e', attempt], { stdio: 'ignore' }).status === 0;
  }
};

/** npm as we were started by, or the one in PATH: program and first arguments. */
export const npm = process.env.npm_execpath?.endsWith('.js')
  ? [process.execPath, process.env.npm_execpath]
  : ['npm'];

const programs = [
  { program: process.env.CXX || 'g++', what: 'a C++ compiler', debian: 'build-essential' },
  { program: process.env.MAKE || 'make', what: 'make', debian: 'build-essential' },
  { program: process.env.PYTHON || 'python3', what: 'Python 3', debian: 'python3' },
];

/** Null where an addon can be compiled, else one line that names what to install. */
export const whyNoCompiler = () => {
  const missing = programs.filter(
    ({ program }) => spawnSync(program.split(' ')[0], ['--version'], { stdio: 'ignore' }).status !== 0,
  );
  if (missing.length === 0) return null;
  const what = missing.map((each) => each.what).join(', ');
  const debian = [...new Set(missing.map((each) => each.debian))].join(' ');
  return `better-sqlite3 must be compiled here (no binary of it could be fetched), and ${what} is missing: apt-get install ${debian} (Debian's packages; elsewhere what they hold), then run this again`;
};

/** For node-gyp: the headers that came with this Node, so that none are downloaded. */
export const headers = () => {
  if (badHeaders) return { JOBS: 'max', npm_config_nodedir: dirname(dirname(otherNode(goodHeaders))) };
  const prefix = dirname(dirname(process.execPath));
  const known = process.env.npm_config_nodedir || !existsSync(join(prefix, 'include/node/node.h'));
  return { JOBS: 'max', ...(known ? {} : { npm_config_nodedir: prefix }) };
};
