// The end of dist/agent.cjs. Before it stand, as comments that V8 passes over, `text`, the agent's code, and `kept`, what
// V8 had compiled of it when it was built (lab/warm-agent.cjs). See docs/decisions/0023-the-agent-is-one-small-file.md.
const { wrapper } = require('node:module');
const { Script } = require('node:vm');

/** A part of what Node has read already: nothing is copied. */
const inside = (holder) => {
  const source = holder.toString();
  return source.slice(source.indexOf('/*') + 2, source.lastIndexOf('*/'));
};

const wrapped = inside(text);
if (process.sourceMapsEnabled) {
  // Node maps the lines of what it loads itself only.
  module._compile(wrapped.slice(wrapper[0].length, -wrapper[1].length), __filename);
} else {
  const [madeBy, code] = inside(kept).split('|');
  // V8 looks at its own version and flags; of what else a Node is made of, and of the machine, it knows nothing.
  const isOurs = madeBy === [process.arch, process.platform, ...Object.values(process.versions)].join(' ');
  const script = new Script(wrapped, {
    filename: __filename,
    cachedData: isOurs ? Buffer.from(code, 'base64') : undefined,
  });
  script.runInThisContext()(exports, require, module, __filename, __dirname);
  /** For lab/warm-agent.cjs. */
  module.exports = script;
}
