// What the ready documents are made of; apart from document.ts, so that they bring no parser along.
import type { TypedDocument } from './document.ts';

/** Its text, by String(), and its types. */
export const ready = <Data, Variables>(text: string): TypedDocument<Data, Variables> => {
  const document: TypedDocument<Data, Variables> & { toString(): string } = { toString: () => text };
  return document;
};
