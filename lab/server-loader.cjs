// dist/server.cjs: runs the bundle beside it, with the code that V8 compiled when it was built (lab/warm-server.cjs).
'use strict';
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');
const { Script } = require('node:vm');

const filename = join(__dirname, 'server-bundle.cjs');
const begin = '/* build '.length;
const idLength = 64;

const readCache = () => {
  try {
    return readFileSync(join(__dirname, 'server-code.bin'));
  } catch {
    return null;
  }
};

/** What was compiled, of this very build; V8 refuses by itself what another version of it compiled, or with other flags. */
const codeFor = (text) => {
  const cache = readCache();
  const id = cache?.toString('latin1', 0, idLength);
  return id === text.slice(begin, begin + idLength) ? cache.subarray(idLength) : undefined;
};

if (process.sourceMapsEnabled) {
  // Node maps the lines of what it loads itself only.
  require(filename);
} else {
  // esbuild writes ASCII.
  const text = readFileSync(filename, 'latin1');
  const script = new Script(Module.wrap(text), { filename, cachedData: codeFor(text) });
  const bundle = new Module(filename, module);
  bundle.filename = filename;
  bundle.paths = module.paths;
  script.runInThisContext()(bundle.exports, (id) => bundle.require(id), bundle, filename, __dirname);
  /** For lab/warm-server.cjs. */
  module.exports = script;
}
