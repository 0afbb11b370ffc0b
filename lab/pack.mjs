// `npm run pack`: what was built, as npm packages in dist/npm. `npm run pack -- --to FOLDER` puts them elsewhere.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { npm } from './prepare-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version, license, engines, dependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);

/** A program's first line: npm links to it, and the system asks the line what runs it. */
const hashbang = '#!/usr/bin/env node\n';

/**
 * Name of the folder below packages/npm, where the README is; `files` of dist/, and `bin`, the one of them that is a
 * program; `more`, fields of package.json.
 */
const packages = [
  {
    folder: 'skep-server',
    bin: 'server.cjs',
    files: [
      'server-bundle.cjs',
      'server-code.bin',
      'query-compiler.wasm',
      'query-plans.bin',
      'verify-audit.mjs',
      'migrations',
      'web',
    ],
    more: {
      name: 'skep-server',
      description: 'The server of Skep, a GraphQL control plane for Docker Swarm.',
      // The addon is asked for by its place in there, so it is this very version.
      dependencies: { 'better-sqlite3': dependencies['better-sqlite3'] },
    },
  },
  {
    folder: 'skep-agent',
    bin: 'agent.cjs',
    files: [],
    more: {
      name: 'skep-agent',
      description: 'The agent of Skep, a GraphQL control plane for Docker Swarm: one on each host.',
      os: ['linux'],
    },
  },
  {
    folder: 'skep',
    bin: 'skep.cjs',
    files: [],
    more: {
      name: 'skep',
      description: 'The command line of Skep, a GraphQL control plane for Docker Swarm.',
    },
  },
];

/** A package that was built with a package.json of its own: only what all have in common is put in. */
const built = [{ folder: 'client', from: 'client' }];

const common = { version, license, engines, keywords: ['docker', 'swarm', 'graphql', 'skep'] };

const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

const demand = (path) => {
  if (existsSync(path)) return path;
  throw new Error(`pack: ${path} is missing: npm run build makes it`);
};

/** What every package has: its README and the licence. */
const addCommon = (folder, into) => {
  cpSync(join(root, 'packages/npm', folder, 'README.md'), join(into, 'README.md'));
  cpSync(join(root, 'LICENSE'), join(into, 'LICENSE'));
};

const stageProgram = ({ folder, bin, files, more }, into) => {
  mkdirSync(into);
  const program = readFileSync(demand(join(root, 'dist', bin)), 'latin1');
  writeFileSync(join(into, bin), program.startsWith('#!') ? program : hashbang + program, 'latin1');
  chmodSync(join(into, bin), 0o755);
  for (const name of files) {
    mkdirSync(dirname(join(into, name)), { recursive: true });
    cpSync(demand(join(root, 'dist', name)), join(into, name), { recursive: true });
  }
  const unit = `${folder}.service`;
  const hasUnit = existsSync(join(root, 'packages/systemd', unit));
  if (hasUnit) cpSync(join(root, 'packages/systemd', unit), join(into, unit));
  addCommon(folder, into);
  writeJson(join(into, 'package.json'), {
    ...more,
    ...common,
    bin: { [more.name]: bin },
    files: [bin, ...files, ...(hasUnit ? [unit] : [])],
  });
};

const stageBuilt = ({ folder, from }, into) => {
  cpSync(demand(join(root, 'dist', from)), into, { recursive: true });
  addCommon(folder, into);
  const path = join(into, 'package.json');
  writeJson(path, { ...JSON.parse(readFileSync(demand(path), 'utf8')), ...common });
};

/** @returns the file's name */
const pack = (folder, to) => {
  const [program, ...first] = npm;
  const { status, stdout, stderr } = spawnSync(
    program,
    [...first, 'pack', '--json', '--ignore-scripts', '--pack-destination', to],
    { cwd: folder, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`pack: npm pack failed in ${folder}: ${stderr}`);
  const [{ filename, size, unpackedSize }] = JSON.parse(stdout);
  console.log(
    `pack: ${filename}, ${(size / 1e6).toFixed(2)} MB, ${(unpackedSize / 1e6).toFixed(2)} MB unpacked`,
  );
};

/** Packages of ours, of whatever version; the folder may have more in it, which is not ours. */
const isOurs = (name) => /^skep(-server|-agent|-client)?-\d[^/]*\.tgz$/.test(name);

const { values } = parseArgs({ options: { to: { type: 'string', default: join(root, 'dist/npm') } } });
const to = resolve(values.to);
const stage = mkdtempSync(join(tmpdir(), 'skep-pack-'));
try {
  for (const each of packages) stageProgram(each, join(stage, each.folder));
  for (const each of built) stageBuilt(each, join(stage, each.folder));
  const made = join(stage, 'made');
  mkdirSync(made);
  for (const { folder } of [...packages, ...built]) pack(join(stage, folder), made);
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(to).filter(isOurs)) rmSync(join(to, name));
  for (const name of readdirSync(made)) cpSync(join(made, name), join(to, name));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(stage, { recursive: true, force: true });
}
