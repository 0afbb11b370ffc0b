// The server as one file: packages too, but for SQLite's native addon. See docs/decisions/0024-the-server-is-one-file.md.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const packages = fileURLToPath(new URL('../node_modules', import.meta.url));
const compiler = /@prisma[\\/]client[\\/]runtime[\\/]query_compiler_fast_bg\.sqlite\.(mjs|wasm-base64\.mjs)$/;

/** Exports `__wbindgen_start`, a function that does nothing: for Prisma's runtime, which wants a module at once. */
const emptyWasm = Buffer.from(
  '0061736d0100000001040160000003020100071401105f5f7762696e6467656e5f737461727400000a040102000b',
  'hex',
);

/** Prisma's compiler is loaded when a query needs it (query-compiler.mjs), and from a file. */
const lazyCompiler = (emit) => ({
  name: 'lazy-compiler',
  setup: (on) => {
    on.onResolve({ filter: /^prisma-query-compiler$/ }, () => ({
      path: `${packages}/@prisma/client/runtime/query_compiler_fast_bg.sqlite.mjs`,
      suffix: '?real',
    }));
    on.onLoad({ filter: compiler }, async ({ path, suffix }) => {
      if (suffix === '?real') return null;
      if (!path.endsWith('.wasm-base64.mjs'))
        return {
          contents: "export * from './lab/query-compiler.mjs';",
          resolveDir: fileURLToPath(new URL('..', import.meta.url)),
        };
      const { wasm } = await import(path);
      emit({ path: 'dist/query-compiler.wasm', contents: Buffer.from(wasm, 'base64') });
      return { contents: `export const wasm = '${emptyWasm.toString('base64')}';` };
    });
  },
});

/** `bindings` looks for the addon by stack traces and folders; it is where its package has it. */
const addon = {
  name: 'addon',
  setup: (on) => {
    on.onResolve({ filter: /^bindings$/ }, () => ({ path: 'bindings', namespace: 'addon' }));
    on.onLoad({ filter: /./, namespace: 'addon' }, () => ({
      contents: "module.exports = () => require('better-sqlite3/build/Release/better_sqlite3.node');",
    }));
  },
};

/**
 * @param {object} shared esbuild's options for all that is built
 * @param {string} fingerprint of the sources: what is kept beside the bundle is of this build or is not used
 * @returns {Promise<readonly { path: string, contents: Uint8Array }[]>}
 */
export const buildServer = async (shared, fingerprint) => {
  const files = [];
  const { outputFiles } = await build({
    ...shared,
    // Not ES modules: V8's code cache is taken by scripts only, in each Node that we run on.
    format: 'cjs',
    entryPoints: ['server/main.ts'],
    outfile: 'dist/server-bundle.cjs',
    external: ['*.node'],
    // One graphql: two would each refuse the other's schema.
    alias: { graphql: `${packages}/graphql/index.mjs` },
    supported: { 'dynamic-import': false },
    define: {
      // Libraries look for mistakes of development, at each call, unless this says that it is none. Our own setting of
      // that name is read at the start (server/config.ts) and stays.
      'process.env.NODE_ENV': '"production"',
      SKEP_BUILD: JSON.stringify(fingerprint),
      'import.meta.url': 'bundleUrl',
      // Only compared with the one that is used; to look at it loads all of Node's fetch.
      'globalThis.Request': 'undefined',
    },
    banner: {
      js: `/* build ${fingerprint} */\nconst bundleUrl = require('node:url').pathToFileURL(__filename).href;`,
    },
    plugins: [lazyCompiler((file) => files.push(file)), addon],
  });
  return [...files, ...outputFiles];
};
