// What can be asked with: documents that a generator typed, and plain texts.
import { type DocumentNode, print } from 'graphql';

/**
 * A document that knows what it gives and takes: graphql-codegen’s TypedDocumentNode and TypedDocumentString fit,
 * and so do the ready ones of this package.
 */
export type TypedDocument<Data, Variables> = { __apiType?: (variables: Variables) => Data };

const isNode = (document: object): document is DocumentNode =>
  'kind' in document && document.kind === 'Document';

/** The text that is sent. */
export const textOf = (document: TypedDocument<never, never> | string): string => {
  if (typeof document === 'string') return document;
  return isNode(document) ? print(document) : String(document);
};
