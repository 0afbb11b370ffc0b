// The console: pages bundled by Vite into dist/web, each file also compressed, as it is sent.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';

const folder = 'dist/web';
/** Bytes below which a compressed file saves nothing. */
const least = 1_024;

const compress = (path) => {
  const bytes = readFileSync(path);
  if (bytes.length < least) return;
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
};

export const buildWeb = async () => {
  await build({ configFile: 'web/vite.config.ts', logLevel: 'warn' });
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name);
    if (statSync(path).isFile()) compress(path);
  }
};
