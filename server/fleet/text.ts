// The text of a fleet document, as plain values and with the line of each. YAML 1.2, of which JSON is a part.
import { isCollection, isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { Failure } from '../platform/failure.ts';

export type Path = readonly (string | number)[];

/** 262,144 characters: a document is kept with its operation. */
const mostCharacters = 262_144;
/** An alias stands for what was written once; more of them than a person writes are a bomb. */
const mostAliases = 100;

export const pathText = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );

export type Read = {
  value: unknown;
  /** Of the value, or of what is nearest around it. */
  lineOf(path: Path): number;
};

const refusal = (message: string, hint: string | null = null): Failure =>
  new Failure('BAD_USER_INPUT', `document: ${message}`, hint);

/** What stands at a path is not as it should be. */
export const wrongAt = (
  read: Pick<Read, 'lineOf'>,
  path: Path,
  what: string,
  hint: string | null = null,
): Failure =>
  refusal(`line ${read.lineOf(path)}${path.length > 0 ? `, ${pathText(path)}` : ''}: ${what}`, hint);

/** @throws Failure BAD_USER_INPUT with the line */
export const readText = (text: string): Read => {
  if (text.length > mostCharacters)
    throw refusal(`it has ${text.length} characters`, `at most ${mostCharacters} are read`);
  const lines = new LineCounter();
  try {
    const parsed = parseDocument(text, {
      strict: true,
      uniqueKeys: true,
      lineCounter: lines,
      prettyErrors: false,
    });
    // A tag that is not of YAML’s core is a warning to the parser.
    const wrong = parsed.errors[0] ?? parsed.warnings[0];
    if (wrong)
      throw refusal(`line ${lines.linePos(wrong.pos[0]).line}: ${wrong.message}`, 'YAML 1.2 or JSON');
    const lineOf = (path: Path): number => {
      let node: unknown = parsed.contents;
      let at = 0;
      for (const part of path) {
        if (!isCollection(node)) break;
        const item: unknown = isMap(node)
          ? node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(part))
          : node.items[Number(part)];
        if (item === undefined) break;
        const named = isPair(item) ? item.key : item;
        const range = isScalar(named) || isCollection(named) ? named.range : null;
        at = range?.[0] ?? at;
        node = isPair(item) ? item.value : item;
      }
      return lines.linePos(at).line;
    };
    return { value: parsed.toJS({ maxAliasCount: mostAliases }), lineOf };
  } catch (error) {
    if (error instanceof Failure) throw error;
    // Nested too deep, or aliases of aliases: what the parser gives up at.
    if (error instanceof RangeError || error instanceof ReferenceError)
      throw refusal('it is nested too deep, or has too many aliases', 'write it out');
    throw error;
  }
};
