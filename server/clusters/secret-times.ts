// Since when the join tokens and the unlock key are the ones that they are, as far as was seen.
import type { Cluster, SecretTimes } from './cluster.ts';
import type { SwarmObservation } from './observation.ts';

type Digest = string | null | undefined;

/** The first sight of a secret and each change of it, whoever made it. `ours`: Skep's own rotation of the root did. */
const timesAfter = (
  times: SecretTimes,
  before: Digest,
  after: Digest,
  ours: boolean,
  now: Date,
): SecretTimes => {
  if (after == null || after === before) return times;
  return { ...times, seenAt: now, rotatedAt: ours ? now : times.rotatedAt };
};

/** @param rotated a rotation of the root that Skep began has ended with this read: both join tokens are its. */
export const secretsSeen = (
  before: Cluster,
  swarm: SwarmObservation,
  rotated: boolean,
  now: Date,
): Pick<Cluster, 'tokens' | 'unlockKey'> => {
  const { tokens, unlockKey, swarm: seen } = before;
  return {
    tokens: {
      WORKER: timesAfter(tokens.WORKER, seen?.tokens.WORKER, swarm.tokens.WORKER, rotated, now),
      MANAGER: timesAfter(tokens.MANAGER, seen?.tokens.MANAGER, swarm.tokens.MANAGER, rotated, now),
    },
    unlockKey: timesAfter(unlockKey, seen?.unlockKeyDigest, swarm.unlockKeyDigest, false, now),
  };
};
