// Kept answers: the bytes that a request's body was answered with, for who has the same rights, at the same version.
import { LRUCache } from 'lru-cache';
import type { ApiKey, ApiKeys } from '../access/api-keys.ts';

export const keptLimits = { answers: 1_000, bytes: 33_554_432 } as const;

export type Kept<Plan> = {
  /** Of what it was written from; an answer of another one is written anew. */
  version: string;
  plan: Plan;
  bytes: Buffer;
};
export type KeptAnswers<Plan> = {
  of(viewer: ApiKey, body: Buffer): Kept<Plan> | null;
  keep(viewer: ApiKey, body: Buffer, kept: Kept<Plan>): void;
};

export const createKeptAnswers = <Plan extends object>({
  permissionsOf,
}: Pick<ApiKeys, 'permissionsOf'>): KeptAnswers<Plan> => {
  const answers = new LRUCache<string, Kept<Plan>>({
    max: keptLimits.answers,
    maxSize: keptLimits.bytes,
    sizeCalculation: ({ bytes }, key) => bytes.length + key.length,
  });
  const known = new WeakMap<ApiKey, string>();
  /** All that an answer of the projection depends on of who asks. A key that changes is another object. */
  const rightsOf = (viewer: ApiKey): string => {
    const found = known.get(viewer);
    if (found !== undefined) return found;
    const rights = JSON.stringify([[...permissionsOf(viewer)].sort(), viewer.clusters]);
    known.set(viewer, rights);
    return rights;
  };
  // Each byte is one character: no two bodies have the same key.
  const keyOf = (viewer: ApiKey, body: Buffer): string => `${rightsOf(viewer)}\n${body.toString('latin1')}`;
  return {
    of: (viewer, body) => answers.get(keyOf(viewer, body)) ?? null,
    keep: (viewer, body, kept) => void answers.set(keyOf(viewer, body), kept),
  };
};
