// `npm run build`: the server and the agent, bundled into dist/. Plain JavaScript: it runs before anything else does.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildAgent } from './build-agent.mjs';
import { buildServer } from './build-server.mjs';
import { buildFingerprint, buildStamp } from './prepared-files.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const shared = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
  write: false,
};

// Taken first: what is edited while we build makes the result stale.
const fingerprint = buildFingerprint();
rmSync(buildStamp, { force: true });
const [server, ...others] = await Promise.all([
  buildServer(shared, fingerprint),
  // One file, for whoever verifies a history elsewhere.
  build({
    ...shared,
    entryPoints: ['server/verify-audit.ts'],
    outfile: 'dist/verify-audit.mjs',
    external: ['better-sqlite3'],
  }),
  // One file for each host.
  buildAgent(shared),
]);
const files = [
  ...server,
  { path: 'dist/server.cjs', contents: readFileSync('lab/server-loader.cjs') },
  ...others.flatMap(({ outputFiles }) => outputFiles),
];
// Each file is replaced at once: a process that starts meanwhile finds the old one or the new one, never half of one.
for (const { path, contents } of files) {
  mkdirSync(dirname(path), { recursive: true });
  const part = `${relative('.', path)}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
}
cpSync('prisma/migrations', 'dist/migrations', { recursive: true });
const migrations = new Set(readdirSync('prisma/migrations'));
for (const name of readdirSync('dist/migrations'))
  if (!migrations.has(name)) rmSync(join('dist/migrations', name), { recursive: true });

// The first start fills a database, the second one finds it: what both made is kept for all that come.
const folder = mkdtempSync(join(tmpdir(), 'skep-warm-'));
for (let start = 0; start < 2; start += 1) {
  const { status } = spawnSync(process.execPath, ['lab/warm-server.cjs', folder, fingerprint], {
    stdio: 'inherit',
    timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (status !== 0) console.warn('build: the server did not start; it will start slowly, if it does at all');
}
rmSync(folder, { recursive: true, force: true });
writeFileSync(buildStamp, fingerprint);
