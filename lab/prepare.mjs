// Makes a checkout ready to run: packages, generated client, build. Straight after `git clone`, and quick when all is there.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hashFiles, readStamp } from './hash-files.mjs';
import { withLock } from './prepare-lock.mjs';
import { hasPackages, hasSqlite, headers, npm, whyNoCompiler } from './prepare-packages.mjs';
import {
  buildFingerprint,
  buildStamp,
  documentFolders,
  generatedFolder,
  generateInputs,
  generateStamp,
} from './prepared-files.mjs';

const log = '.lab/prepare.log';
const say = (line) => console.log(`prepare: ${line}`);

/** What a person is told in one line; everything else is a defect and shows its stack. */
class Refusal extends Error {}

const checkNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Refusal(
    `Skep needs Node 20.19 or newer; this is ${process.version} (${process.execPath}): https://nodejs.org`,
  );
};

/** Runs a program with its output in the log file. @returns whether it ended well */
const run = ([program, ...args], { cwd = '.', env = {}, timeoutMs } = {}) =>
  new Promise((resolve, reject) => {
    appendFileSync(log, `\n$ ${[program, ...args].join(' ')}\n`);
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => appendFileSync(log, text));
    child.once('error', reject).once('close', (code) => resolve(code === 0));
  });

/** One step that takes time: says so before, during and after. */
const step = async (what, howLong, work) => {
  say(`${what} (${howLong}) …`);
  const began = performance.now();
  const seconds = () => `${Math.round((performance.now() - began) / 1000)} s`;
  const ticker = setInterval(() => say(`  … still at it, ${seconds()}`), 15_000);
  try {
    await work();
  } finally {
    clearInterval(ticker);
  }
  say(`  done in ${seconds()}`);
};

const must = async (did, what) => {
  if (await did) return;
  const tail = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  throw new Refusal(`${what} failed; the end of ${log}:\n${tail}`);
};

const installPackages = () =>
  step('installing packages by npm ci', 'ten seconds to a minute, once', () =>
    // Scripts of packages stay off: of all that have one, only SQLite's is needed.
    must(run([...npm, 'ci', '--ignore-scripts', '--no-audit', '--no-fund']), 'npm ci'),
  );

const fetchOrCompileSqlite = async () => {
  const cwd = 'node_modules/better-sqlite3';
  const fetcher = fileURLToPath(new URL('../node_modules/prebuild-install/bin.js', import.meta.url));
  const fetched = await run([process.execPath, fetcher], { cwd, timeoutMs: 20_000 });
  if (fetched && hasSqlite()) return;
  const why = whyNoCompiler();
  if (why) throw new Refusal(why);
  await step('compiling better-sqlite3', 'one minute or a few, once', async () => {
    await must(run([...npm, 'run', 'build-release'], { cwd, env: headers() }), 'compiling better-sqlite3');
    if (!hasSqlite()) throw new Refusal(`better-sqlite3 was compiled and cannot be loaded; see ${log}`);
  });
};

const generate = () =>
  step('generating the database client', 'a few seconds', async () => {
    const prisma = [process.execPath, 'node_modules/prisma/build/index.js', 'generate'];
    const fingerprint = hashFiles(generateInputs);
    rmSync(generateStamp, { force: true });
    // The engine is a download that generating does without.
    const env = {
      PRISMA_SCHEMA_ENGINE_BINARY: '/bin/false',
      CHECKPOINT_DISABLE: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    };
    await must(run(prisma, { env }), 'prisma generate');
    writeFileSync(generateStamp, fingerprint);
  });

const build = () =>
  step('building the server and the agent', 'a second', () =>
    must(run([process.execPath, 'lab/build.mjs']), 'the build'),
  );

const steps = [
  { isDone: hasPackages, work: installPackages },
  { isDone: hasSqlite, work: fetchOrCompileSqlite },
  {
    isDone: () => existsSync(generatedFolder) && readStamp(generateStamp) === hashFiles(generateInputs),
    work: generate,
  },
  {
    isDone: () => documentFolders.every(existsSync) && readStamp(buildStamp) === buildFingerprint(),
    work: build,
  },
];

const prepare = async () => {
  checkNode();
  process.chdir(fileURLToPath(new URL('..', import.meta.url)));
  if (steps.every(({ isDone }) => isDone())) return;
  mkdirSync('.lab', { recursive: true });
  await withLock('.lab/prepare.lock', say, async () => {
    writeFileSync(log, '');
    for (const { isDone, work } of steps) if (!isDone()) await work();
  });
};

prepare().catch((error) => {
  console.error(error instanceof Refusal ? `prepare: ${error.message}` : error);
  process.exitCode = 1;
});
