// A document before it is run: scanned, parsed, measured, validated. The one place for HTTP and sockets.
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Lexer,
  parse,
  Source,
  specifiedRules,
  TokenKind,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { documentLimits, measure } from './document-limits.ts';
import { oneMutationField } from './one-mutation.ts';

/** A document with what is wrong about it; it may be run when nothing is. */
export type Checked = { document: DocumentNode; errors: readonly GraphQLError[] };

/** @throws GraphQLError of a text that is no document, or that is not even looked at. */
export type ReadDocument = (text: string) => Checked;

const refuse = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });

/**
 * The parser calls itself for each bracket, and some thousand of them overflow its stack: they are counted first, by
 * its own lexer, which does not.
 */
const scan = (text: string): void => {
  const lexer = new Lexer(new Source(text));
  let tokens = 0;
  let open = 0;
  while (lexer.advance().kind !== TokenKind.EOF) {
    const { kind } = lexer.token;
    tokens += 1;
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) open += 1;
    if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) open -= 1;
    if (tokens > documentLimits.tokens)
      throw refuse(`the document has more than ${documentLimits.tokens} tokens`);
    if (open > documentLimits.nesting)
      throw refuse(`the document nests brackets deeper than ${documentLimits.nesting}`);
  }
};

/**
 * What is remembered: frontends send the same few again and again. A parsed document has about 130 bytes for each
 * character, so `characters`, of all texts together, is the limit that counts.
 */
const remembered = { documents: 500, characters: 262_144, ofOne: 8_192 } as const;

export const createReadDocument = (schema: GraphQLSchema): ReadDocument => {
  const known = new LRUCache<string, Checked>({
    max: remembered.documents,
    maxSize: remembered.characters,
    sizeCalculation: (_checked, { length }) => length,
  });

  const read: ReadDocument = (text) => {
    scan(text);
    const document = parse(text);
    const tooMuch = measure(document);
    const errors =
      tooMuch.length > 0
        ? tooMuch
        : validate(schema, document, [...specifiedRules, oneMutationField], {
            maxErrors: documentLimits.errors,
          });
    // graphql adds one more, which says that there were more.
    return { document, errors: errors.slice(0, documentLimits.errors) };
  };

  return (text) => {
    const found = known.get(text);
    if (found) return found;
    const made = read(text);
    if (text.length <= remembered.ofOne) known.set(text, made);
    return made;
  };
};
