// What is known of the unlock key.
import { builder } from '../../graphql/builder.ts';
import { type Cluster, fingerprintOf } from '../cluster.ts';

export const UnlockKeyRef = builder.objectRef<Cluster>('UnlockKey').implement({
  description: 'What is known of the unlock key. The key itself: revealUnlockKey.',
  fields: (t) => ({
    fingerprint: t.string({
      nullable: true,
      description: 'Tells two keys apart, finds none; null: autolock is off.',
      resolve: ({ swarm }) => (swarm?.unlockKeyDigest ? fingerprintOf(swarm.unlockKeyDigest) : null),
    }),
    rotatedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Rotated, or made with autolock, by Skep; null: never.',
      resolve: ({ unlockKey }) => unlockKey.rotatedAt,
    }),
    revealedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'By Skep; null: never.',
      resolve: ({ unlockKey }) => unlockKey.revealedAt,
    }),
    seenAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is this one, as far as was seen.',
      resolve: ({ unlockKey }) => unlockKey.seenAt,
    }),
  }),
});
