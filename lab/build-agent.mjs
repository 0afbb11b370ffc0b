// The agent as one file that starts fast: what its libraries bring along for uses that it has not is left out.
import { readFileSync } from 'node:fs';
import Module from 'node:module';
import { build } from 'esbuild';

// Loaded by dockerode, docker-modem and pino for what the agent never does: engines over SSH, builds, archives, debug
// output, log files and threads. The stand-in throws when it is used.
const leftOut = [
  'ssh2',
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  'protobufjs',
  'tar-fs',
  '@balena/dockerignore',
  'split-ca',
  'sonic-boom',
  'thread-stream',
  'on-exit-leak-free',
];

// Parts of Node that only the left-out uses of a library need.
const leftOutOf = {
  'docker-modem': ['https'],
  dockerode: ['zlib'],
  pino: ['worker_threads', 'module'],
};

/** Modules in the place of others, by the package that asks for them. */
const replacements = {
  // docker-modem describes each request for its debug output, also when nobody reads that: as much work as the request itself.
  'docker-modem': {
    debug: 'module.exports = () => () => {};',
    util: 'module.exports = { inspect: () => "", inherits: require("node:util").inherits };',
    'readable-stream': 'module.exports = require("node:stream");',
  },
  ws: {
    // The agent's connection is not compressed: the extension is never offered, and zlib never loaded.
    './permessage-deflate': 'module.exports = class { static extensionName = "permessage-deflate"; };',
    // Its own loop goes byte by byte: hot enough after a few reports for V8 to load its optimising compiler.
    bufferutil: "module.exports = require('./lab/mask-by-words.cjs');",
    // Only wss needs them.
    https: whenUsed('node:https'),
    tls: whenUsed('node:tls'),
  },
};

function whenUsed(name) {
  return `module.exports = new Proxy({}, { get: (_, key) => require(${JSON.stringify(name)})[key] });`;
}

const packageOf = (path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? '';

const leaveOut = {
  name: 'leave-out',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^[\w@.]/ }, ({ path, importer }) => {
      const owner = packageOf(importer);
      if (leftOut.includes(path) || leftOutOf[owner]?.includes(path)) return { path, namespace: 'left-out' };
      if (replacements[owner]?.[path] !== undefined)
        return { path: `${owner} ${path}`, namespace: 'replaced' };
    });
    esbuild.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `module.exports = require('./lab/left-out-of-the-agent.cjs')(${JSON.stringify(path)});`,
      resolveDir: process.cwd(),
    }));
    esbuild.onLoad({ filter: /.*/, namespace: 'replaced' }, ({ path }) => {
      const [owner, name] = path.split(' ');
      return { contents: replacements[owner][name], resolveDir: process.cwd() };
    });
  },
};

/** All that may be in the file. A package that a library brings along one day is looked at before it is let in. */
const letIn = [
  '@pinojs/redact',
  'atomic-sleep',
  'docker-modem',
  'dockerode',
  'graphql-ws',
  'pino',
  'pino-std-serializers',
  'quick-format-unescaped',
  'safe-stable-stringify',
  'ws',
  'zod',
];

/**
 * Bundles the agent.
 *
 * @returns {Promise<{ text: string, map: Uint8Array }>}
 * @throws Error when it holds a package that is not let in
 */
export async function buildAgent(shared) {
  const built = await build({
    ...shared,
    entryPoints: ['agent/main.ts'],
    outfile: 'dist/agent.cjs',
    // A CommonJS file is read, compiled and run in one go; an ES module waits for its loader.
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    metafile: true,
    plugins: [leaveOut],
    // ws has it in JavaScript: nothing is to be looked for beside the file.
    define: {
      'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
    },
    // Only the client of ws.
    alias: { ws: './node_modules/ws/lib/websocket.js' },
  });
  const parts = Object.entries(built.metafile.outputs['dist/agent.cjs'].inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => packageOf(`/${path}`));
  const strangers = [...new Set(parts)].filter((name) => name !== '' && !letIn.includes(name));
  if (strangers.length > 0) {
    throw new Error(`lab/build-agent.mjs: ${strangers.join(', ')} would come into the agent`);
  }
  const contentsOf = (end) => built.outputFiles.find(({ path }) => path.endsWith(end)).contents;
  return { text: Buffer.from(contentsOf('.cjs')).toString('latin1'), map: contentsOf('.map') };
}

/** Another Node's code is not even shown to V8 (agent-loader.cjs). */
const maker = [process.arch, process.platform, ...Object.values(process.versions)].join(' ');

/**
 * The one file, dist/agent.cjs. The code stands on its first line, so that lines in a stack are lines of the file.
 *
 * @param {string} text of `buildAgent`
 * @param {Buffer} [code] what V8 compiled of it
 */
export function agentFile(text, code) {
  const wrapped = Module.wrap(text);
  if (wrapped.includes('*/'))
    throw new Error('lab/build-agent.mjs: the code would end the comment that it stands in');
  const kept = code ? `${maker}|${code.toString('base64')}` : '';
  return `'use strict';const text=()=>{/*${wrapped}*/};\nconst kept=()=>{/*${kept}*/};\n${readFileSync('lab/agent-loader.cjs', 'latin1')}`;
}
