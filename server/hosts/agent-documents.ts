// The documents of agents, parsed and validated once: all agents of a version send the same few.
import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  parse,
  type Source,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';

/** Ten documents of three versions of the agent, and some to spare; whoever sends others is served as well. */
const mostDocuments = 50;
/** In characters; an agent's longest has some 1,000. */
const longestKept = 4_000;

/** Given to graphql-ws in place of its own. What cannot be parsed is not kept. */
export const createAgentDocuments = (): {
  parse: (source: string | Source) => DocumentNode;
  validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[];
} => {
  const documents = new LRUCache<string, DocumentNode>({ max: mostDocuments });
  const valid = new WeakSet<DocumentNode>();
  return {
    parse: (source) => {
      const text = typeof source === 'string' ? source : source.body;
      const known = documents.get(text);
      if (known) return known;
      const document = parse(text);
      if (text.length <= longestKept) documents.set(text, document);
      return document;
    },
    validate: (schema, document) => {
      if (valid.has(document)) return [];
      const errors = validate(schema, document);
      if (errors.length === 0) valid.add(document);
      return errors;
    },
  };
};
