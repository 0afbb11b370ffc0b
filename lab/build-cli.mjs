// The command line as one file that starts fast, dist/skep.cjs.
import { build } from 'esbuild';

/**
 * Bundles `skep`. What a command may not need (the client, tables, progress) is run when it is first used.
 *
 * @returns {Promise<{ path: string, contents: string | Uint8Array }[]>}
 */
export async function buildCli(shared) {
  const built = await build({
    ...shared,
    entryPoints: ['cli/main.ts'],
    outfile: 'dist/skep.cjs',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    banner: { js: '#!/usr/bin/env node' },
    sourcemap: false,
    define: {
      'process.env.WS_NO_BUFFER_UTIL': '"1"',
      'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
    },
  });
  return built.outputFiles.map(({ path, contents }) => ({ path, contents }));
}
