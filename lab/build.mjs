// `npm run build`: the server and the agent, bundled into dist/. Plain JavaScript: it runs before anything else does.
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildAgent } from './build-agent.mjs';
import { hashFiles } from './hash-files.mjs';
import { buildInputs, buildStamp } from './prepared-files.mjs';

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
const fingerprint = hashFiles(buildInputs);
rmSync(buildStamp, { force: true });
const built = await Promise.all([
  // Native and generated parts stay packages: the server is installed with its node_modules.
  build({ ...shared, entryPoints: ['server/main.ts'], outfile: 'dist/server.mjs', packages: 'external' }),
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
// Each file is replaced at once: a process that starts meanwhile finds the old one or the new one, never half of one.
for (const { path, contents } of built.flatMap(({ outputFiles }) => outputFiles)) {
  mkdirSync(dirname(path), { recursive: true });
  const part = `${relative('.', path)}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
}
cpSync('prisma/migrations', 'dist/migrations', { recursive: true });
const migrations = new Set(readdirSync('prisma/migrations'));
for (const name of readdirSync('dist/migrations'))
  if (!migrations.has(name)) rmSync(join('dist/migrations', name), { recursive: true });
writeFileSync(buildStamp, fingerprint);
