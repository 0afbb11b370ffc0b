// The parts of the built agent's one file (lab/build-agent.mjs).

const parts =
  /^('use strict';const text=\(\)=>\{\/\*)(.*?)(\*\/\};\nconst kept=\(\)=>\{\/\*)([^|*]*)(\|?)([^*]*)(\*\/\};\n.*)$/s;

const partsOf = (file: string): string[] => {
  const [, ...found] = parts.exec(file) ?? [];
  if (found.length === 0) throw new Error('dist/agent.cjs is not put together as it was');
  return found;
};

/** The code, which Node V8 compiled it in, and what V8 made of it, in base64. */
export const keptCode = (file: string): { text: string; maker: string; code: string } => {
  const [, text = '', , maker = '', , code = ''] = partsOf(file);
  return { text, maker, code };
};

/** The same file with other compiled code. */
export const withKeptCode = (file: string, maker: string, code: string): string => {
  const [before, text, between, , , , after] = partsOf(file);
  return [before, text, between, maker, '|', code, after].join('');
};
