// Which subscribers are told the same: the same document and variables, seen with the same rights.
import { type DocumentNode, getOperationAST, Kind, visit } from 'graphql';

export type Asked = {
  query: string;
  document: DocumentNode;
  operationName: string | null | undefined;
  variables: Readonly<Record<string, unknown>> | null | undefined;
};

/** JSON with the names of each object in order, so that equal values have equal texts. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    each !== null && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );

/** Variables that say only where a subscription begins: given to `after` of its field, and used nowhere else. */
const cursorVariables = (document: DocumentNode, operationName: string | null | undefined): Set<string> => {
  const uses = new Map<string, number>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void uses.set(name.value, (uses.get(name.value) ?? 0) + 1),
  });
  const cursors = new Set<string>();
  for (const field of getOperationAST(document, operationName)?.selectionSet.selections ?? [])
    if (field.kind === Kind.FIELD)
      for (const { name, value } of field.arguments ?? [])
        if (name.value === 'after' && value.kind === Kind.VARIABLE && uses.get(value.name.value) === 1)
          cursors.add(value.name.value);
  return cursors;
};

/**
 * Two that have the same text are told the same of each event, but for where they begin.
 * @param rights of who asks: rights.ts.
 */
export const cohortKey = ({ query, document, operationName, variables }: Asked, rights: string): string => {
  const cursors = cursorVariables(document, operationName);
  const kept = Object.entries(variables ?? {}).filter(([name]) => !cursors.has(name));
  return canonical([query, operationName ?? null, Object.fromEntries(kept), rights]);
};
