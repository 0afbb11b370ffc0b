// The compiled queries, kept with their documents: one for each operation and each setting of @include and @skip.
import {
  type DocumentNode,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { type Compiled, compile } from './compile.ts';
import { createTexts } from './texts.ts';

/** Of one document. More: they are compiled each time. */
const mostPlans = 8;
/** Of texts of single objects, of all documents together. */
const mostCharacters = 33_554_432;

export type Plan = Compiled & { variables: { readonly [name: string]: unknown } };
/** Null: it is none of the projection, or its variables are wrong. */
export type PlanOf = (
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: { readonly [name: string]: unknown },
) => Plan | null;

/** Variables that decide what is selected. */
const deciding = (document: DocumentNode): readonly string[] => {
  const names = new Set<string>();
  visit(document, {
    Directive: ({ arguments: given }) => {
      for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
};

export const createPlans = (schema: GraphQLSchema): PlanOf => {
  const texts = createTexts({ mostCharacters });
  const known = new WeakMap<
    DocumentNode,
    { names: readonly string[]; plans: Map<string, Compiled | null> }
  >();
  return (document, operation, given) => {
    const { coerced: variables } = getVariableValues(schema, operation.variableDefinitions ?? [], given);
    if (!variables) return null;
    const found = known.get(document) ?? { names: deciding(document), plans: new Map() };
    known.set(document, found);
    const key = JSON.stringify([operation.name?.value, ...found.names.map((name) => variables[name])]);
    let plan = found.plans.get(key);
    if (plan === undefined) {
      plan = compile({ schema, document, operation, variables, texts });
      if (found.plans.size < mostPlans) found.plans.set(key, plan);
    }
    return plan && { ...plan, variables };
  };
};
