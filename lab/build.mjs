// `npm run build`: the server, the agent, the command line and the console, bundled into dist/. Plain JavaScript: it runs before anything else does.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
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
import { agentFile, buildAgent } from './build-agent.mjs';
import { buildCli } from './build-cli.mjs';
import { buildClient } from './build-client.mjs';
import { buildServer } from './build-server.mjs';
import { buildWeb } from './build-web.mjs';
import { generateDocuments } from './generate-documents.mjs';
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
await generateDocuments();
const [server, verifier, agent, cli] = await Promise.all([
  buildServer(shared, fingerprint),
  // One file, for whoever verifies a history elsewhere.
  build({
    ...shared,
    entryPoints: ['server/verify-audit-alone.ts'],
    outfile: 'dist/verify-audit.mjs',
    external: ['better-sqlite3'],
  }),
  // One file for each host.
  buildAgent(shared),
  buildCli(shared),
]);
const files = [
  ...server,
  { path: 'dist/server.cjs', contents: readFileSync('lab/server-loader.cjs') },
  ...verifier.outputFiles,
  ...cli,
  { path: 'dist/agent.cjs', contents: agentFile(agent.text) },
  { path: 'dist/agent.cjs.map', contents: agent.map },
];
// Each file is replaced at once: a process that starts meanwhile finds the old one or the new one, never half of one.
const replace = ({ path, contents }) => {
  mkdirSync(dirname(path), { recursive: true });
  const part = `${relative('.', path)}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
};
for (const file of files) replace(file);
await buildWeb();
await buildClient();
cpSync('prisma/migrations', 'dist/migrations', { recursive: true });
const migrations = new Set(readdirSync('prisma/migrations'));
for (const name of readdirSync('dist/migrations'))
  if (!migrations.has(name)) rmSync(join('dist/migrations', name), { recursive: true });

/** Runs what was built, so that what V8 compiled of it can be kept. */
const warm = (program, what, ...args) => {
  const { status } = spawnSync(process.execPath, [program, ...args], {
    stdio: 'inherit',
    timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (status !== 0) console.warn(`build: the ${what} did not start; it will start slowly, if it does at all`);
};
const inFolder = (use) => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-warm-'));
  use(folder);
  rmSync(folder, { recursive: true, force: true });
};
// The first start fills a database, the second one finds it: what both made is kept for all that come.
inFolder((folder) => {
  for (let start = 0; start < 2; start += 1) warm('lab/warm-server.cjs', 'server', folder, fingerprint);
});
inFolder((folder) => {
  warm('lab/warm-agent.cjs', 'agent', folder);
  const code = join(folder, 'code.bin');
  if (existsSync(code))
    replace({ path: 'dist/agent.cjs', contents: agentFile(agent.text, readFileSync(code)) });
});
writeFileSync(buildStamp, fingerprint);
