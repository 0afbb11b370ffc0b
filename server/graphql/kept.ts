// Kept answers: the bytes that a request's body was answered with, for who has the same rights, at the same version.
import { LRUCache } from 'lru-cache';
import type { Holder, Holders } from '../access/holders.ts';
import { createRightsOf } from './rights.ts';

export const keptLimits = { answers: 1_000, bytes: 33_554_432 } as const;

export type Kept<Plan> = {
  /** Of what it was written from; an answer of another one is written anew. */
  version: string;
  plan: Plan;
  bytes: Buffer;
};
export type KeptAnswers<Plan> = {
  of(viewer: Holder, body: Buffer): Kept<Plan> | null;
  keep(viewer: Holder, body: Buffer, kept: Kept<Plan>): void;
};

export const createKeptAnswers = <Plan extends object>(
  holders: Pick<Holders, 'permissionsOf'>,
): KeptAnswers<Plan> => {
  const answers = new LRUCache<string, Kept<Plan>>({
    max: keptLimits.answers,
    maxSize: keptLimits.bytes,
    sizeCalculation: ({ bytes }, key) => bytes.length + key.length,
  });
  const rightsOf = createRightsOf(holders);
  // Each byte is one character: no two bodies have the same key.
  const keyOf = (viewer: Holder, body: Buffer): string => `${rightsOf(viewer)}\n${body.toString('latin1')}`;
  return {
    of: (viewer, body) => answers.get(keyOf(viewer, body)) ?? null,
    keep: (viewer, body, kept) => void answers.set(keyOf(viewer, body), kept),
  };
};
