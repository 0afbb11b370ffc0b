// The snippets of the documents, taken out of their page to the letter, as a reader copies them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { getOperationAST, Kind, OperationTypeNode, parse } from 'graphql';

export type Snippet = { path: string; line: number; language: string; text: string };

/** @param path from the root, such as `docs/roles.md`. */
export const snippetsOf = (path: string): Snippet[] => {
  const text = readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: code = '', index }) => ({
    path,
    line: text.slice(0, index).split('\n').length,
    language,
    text: code,
  }));
};

/** A query, or a mutation that is a dry run: what a reader can paste and change nothing by. */
export const changesNothing = (text: string): boolean => {
  const [definition] = parse(text).definitions;
  return (
    definition?.kind === Kind.OPERATION_DEFINITION &&
    (definition.operation === OperationTypeNode.QUERY || text.includes('dryRun: true'))
  );
};

/** What the operation of a GraphQL snippet is called; null: it has no name. */
export const nameOf = (text: string): string | null => getOperationAST(parse(text))?.name?.value ?? null;

/**
 * A GraphQL snippet of a page. docs.test.ts looks for calls with both arguments written out: so it knows which are run.
 * @throws Error unless there is exactly one of the name.
 */
export const snippet = (path: string, name: string): string => {
  const [found, ...others] = snippetsOf(path).filter(
    ({ language, text }) => language === 'graphql' && nameOf(text) === name,
  );
  if (!found || others.length > 0) throw new Error(`${path} has not one snippet ${name}`);
  return found.text;
};
