// What a swarm keeps for its services: secrets and configs, read live through a manager and without any value.
import * as z from 'zod';
import { askManager, type ManagerParts } from '../clusters/ask-manager.ts';
import { Failure } from '../platform/failure.ts';

/**
 * `most`: of a value in bytes, as the managers have it: less than 500 KiB and 1,000 KiB (Docker's documents say 500 kB and
 * 1,000 kB). swarmkit manager/controlapi/secret.go and config.go.
 */
export const keptKinds = {
  SECRET: { one: 'secret', all: 'secrets', most: 511_999, read: 'ReadSecrets' },
  CONFIG: { one: 'config', all: 'configs', most: 1_023_999, read: 'ReadConfigs' },
} as const;
export type KeptKind = keyof typeof keptKinds;

/** swarmkit manager/controlapi/secret.go, isValidSecretOrConfigName. */
export const longestName = 64;
export const keptName = z
  .string()
  .trim()
  .max(longestName, `is longer than ${longestName} characters`)
  .regex(
    /^[a-zA-Z0-9]+(?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?$/,
    'takes letters, digits, and -, _ and . between them',
  );

/** Label of a new version: the name of the one whose place it takes. */
export const rotationLabel = 'skep.rotation-of';

const kept = z.object({
  id: z.string(),
  version: z.number(),
  createdAt: z.string(),
  updatedAt: z.string(),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
});
const user = z.object({
  id: z.string(),
  name: z.string(),
  uses: z.array(z.object({ id: z.string(), file: z.string().nullable() })),
});
const answer = z.object({ kept: z.array(kept), services: z.array(user) });

export type Kept = z.infer<typeof kept>;
export type UsingService = z.infer<typeof user>;

/** A read begun now. @throws Failure CLUSTER_UNREACHABLE, NOT_ALLOWED, or the engine's. */
export const readKept = async (
  parts: ManagerParts,
  kind: KeptKind,
  clusterId: string,
): Promise<z.infer<typeof answer>> =>
  answer.parse(await askManager(parts, clusterId, { __typename: keptKinds[kind].read, fresh: true }));

/** Those that use it, by name. */
export const usersOf = (services: readonly UsingService[], id: string): UsingService[] =>
  services
    .filter(({ uses }) => uses.some((each) => each.id === id))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** By full id or exact name, as Docker does. @throws Failure NOT_FOUND */
export const findKept = (kind: KeptKind, all: readonly Kept[], ref: string): Kept => {
  const found = all.find(({ id }) => id === ref) ?? all.find(({ name }) => name === ref);
  if (!found)
    throw new Failure('NOT_FOUND', `no ${keptKinds[kind].one} ${ref}`, `list ${keptKinds[kind].all}`);
  return found;
};
