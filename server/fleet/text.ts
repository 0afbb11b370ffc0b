// The text of a fleet document, as plain values and with the line of each. YAML 1.2, of which JSON is a part.
import {
  Composer,
  type CST,
  type Document,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  Parser,
  visit,
} from 'yaml';
import { Failure } from '../platform/failure.ts';

export type Path = readonly (string | number)[];

/** Of a thousand hosts by name it has 60,000. The parser takes its time, in which nobody else is answered. */
const mostCharacters = 131_072;
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

const tooDeep = (): Failure => refusal('it is nested too deep, or has too many aliases', 'write it out');

/** What stands at a path is not as it should be. */
export const wrongAt = (
  read: Pick<Read, 'lineOf'>,
  path: Path,
  what: string,
  hint: string | null = null,
): Failure =>
  refusal(`line ${read.lineOf(path)}${path.length > 0 ? `, ${pathText(path)}` : ''}: ${what}`, hint);

const textOf = (key: unknown): string => String(isScalar(key) ? key.value : key);

/** Where a key of a map stands again; null: nowhere. */
const keyTwice = (parsed: Document.Parsed): number | null => {
  let at: number | null = null;
  visit(parsed, {
    Map: (_, { items }) => {
      const known = new Set<string>();
      for (const { key } of items) {
        const text = textOf(key);
        if (known.has(text)) {
          at = (isScalar(key) ? key.range?.[0] : null) ?? 0;
          return visit.BREAK;
        }
        known.add(text);
      }
      return undefined;
    },
  });
  return at;
};

/** The tokens up to the first that is wrong: a text of brackets alone has a hundred thousand of those. */
function* untilWrong(tokens: Iterable<CST.Token>): Generator<CST.Token> {
  for (const token of tokens) {
    yield token;
    if (token.type === 'error') return;
  }
}

const compose = (text: string, lines: LineCounter): Document.Parsed => {
  const tokens = untilWrong(new Parser(lines.addNewLine).parse(text));
  // The composer’s own look at each pair of keys takes seconds for some thousands of them.
  const composer = new Composer({ strict: true, uniqueKeys: false });
  const [parsed, another] = [...composer.compose(tokens, true, text.length)];
  if (!parsed) throw refusal('it is empty');
  if (another)
    throw refusal(`line ${lines.linePos(another.range[0]).line}: another document begins`, 'give one');
  return parsed as Document.Parsed;
};

/** @throws Failure BAD_USER_INPUT with the line */
export const readText = (text: string): Read => {
  if (text.length > mostCharacters)
    throw refusal(`it has ${text.length} characters`, `at most ${mostCharacters} are read`);
  const lines = new LineCounter();
  try {
    const parsed = compose(text, lines);
    // A tag that is not of YAML’s core is a warning to the parser.
    const wrong = parsed.errors[0] ?? parsed.warnings[0];
    if (wrong && !/call stack/.test(wrong.message))
      throw refusal(`line ${lines.linePos(wrong.pos[0]).line}: ${wrong.message}`, 'YAML 1.2 or JSON');
    if (wrong) throw tooDeep();
    const again = keyTwice(parsed);
    if (again !== null) throw refusal(`line ${lines.linePos(again).line}: a key stands there twice`);
    const lineOf = (path: Path): number => {
      let node: unknown = parsed.contents;
      let at = 0;
      for (const part of path) {
        if (!isCollection(node)) break;
        const item: unknown = isMap(node)
          ? node.items.find(({ key }) => textOf(key) === String(part))
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
    if (error instanceof RangeError || error instanceof ReferenceError) throw tooDeep();
    throw error;
  }
};
