// dist/server.cjs: runs the bundle beside it, with the code that V8 compiled when it was built (lab/warm-server.cjs).
'use strict';
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');
const { Script } = require('node:vm');

const filename = join(__dirname, 'server-bundle.cjs');
const begin = '/* build '.length;
const idLength = 64;
/** V8 looks at its own version and flags; of what else a Node is made of, and of the machine, it knows nothing. */
const maker = [process.arch, process.platform, ...Object.values(process.versions)].join(' ');
/** What stands before the compiled code: whose it is. V8 takes what lies at a multiple of eight as it lies there. */
const headOf = (text) => {
  const head = `${text.slice(begin, begin + idLength)} ${maker}\n`;
  return head.padEnd(Math.ceil(head.length / 8) * 8);
};

const readCache = () => {
  try {
    return readFileSync(join(__dirname, 'server-code.bin'));
  } catch {
    return null;
  }
};

/** What was compiled, of this very build and by this very Node; V8 refuses by itself what was made with other flags. */
const codeFor = (text) => {
  const cache = readCache();
  const head = headOf(text);
  return cache?.toString('latin1', 0, head.length) === head ? cache.subarray(head.length) : undefined;
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
  module.exports = { script, head: headOf(text) };
}
