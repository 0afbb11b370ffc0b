// The client as a package: dist/client, ES modules that bring all they need but ws, their types, and schema.graphql.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);
const folder = 'dist/client';
const { version, license, engines, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

const entry = (name) => ({ types: `./${name}.d.ts`, default: `./${name}.js` });
const description = {
  name: '@skep/client',
  version,
  description: 'A typed client of Skep, a GraphQL control plane for Docker Swarm.',
  license,
  type: 'module',
  sideEffects: false,
  engines,
  exports: {
    '.': entry('client'),
    './documents': entry('documents'),
    './schema.graphql': './schema.graphql',
    './package.json': './package.json',
  },
  // Only where there is no WebSocket: Node 20.
  dependencies: { ws: dependencies.ws },
};

/** The types of what the package gives, and of nothing that is only inside. */
const buildTypes = async () => {
  const made = mkdtempSync(join(tmpdir(), 'skep-client-types-'));
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'client', '--outDir', made]);
  const taken = new Set();
  const take = (name) => {
    if (taken.has(name)) return;
    taken.add(name);
    const text = readFileSync(join(made, `${name}.d.ts`), 'utf8').replace(/(from '\.[^']*)\.ts'/g, "$1.js'");
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, `${name}.d.ts`), text);
    for (const [, path] of text.matchAll(/from '(\.[^']*)\.js'/g)) take(join(dirname(name), path));
  };
  take('client');
  take('generated/documents');
  rmSync(made, { recursive: true });
};

/** After the documents were generated. */
export const buildClient = async () => {
  await build({
    entryPoints: { client: 'client/client.ts', documents: 'client/generated/documents.ts' },
    outdir: folder,
    bundle: true,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    format: 'esm',
    target: 'es2022',
    external: ['ws'],
    logLevel: 'warning',
  });
  await buildTypes();
  writeFileSync(join(folder, 'documents.d.ts'), "export * from './generated/documents.js';\n");
  copyFileSync('schema.graphql', join(folder, 'schema.graphql'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(description, null, 2)}\n`);
};
