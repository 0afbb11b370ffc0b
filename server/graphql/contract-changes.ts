// What changed between two versions of a contract, by where it stands in the schema.
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

export type ContractChange = {
  /** `Type`, `Type.field` or `Type.field.argument`. */
  path: string;
  message: string;
  level: 'breaking' | 'dangerous' | 'safe';
};

const levels = {
  [CriticalityLevel.Breaking]: 'breaking',
  [CriticalityLevel.Dangerous]: 'dangerous',
  [CriticalityLevel.NonBreaking]: 'safe',
} as const;

/** Changes of descriptions are none. */
export const contractChanges = async (before: string, after: string): Promise<readonly ContractChange[]> =>
  (await diff(buildSchema(before), buildSchema(after)))
    .filter(({ type }) => !type.includes('DESCRIPTION'))
    .map(({ path, message, criticality: { level } }) => ({
      path: path ?? '',
      message,
      level: levels[level],
    }));
