// What is known of a join token.
import { builder } from '../../graphql/builder.ts';
import { type Cluster, fingerprintOf, type TokenRole } from '../cluster.ts';
import { NodeRoleEnum } from './enums.ts';

export const JoinTokenRef = builder.objectRef<{ cluster: Cluster; role: TokenRole }>('JoinToken').implement({
  description: 'What is known of a join token. The token itself: revealJoinToken.',
  fields: (t) => ({
    role: t.field({ type: NodeRoleEnum, resolve: ({ role }) => role }),
    fingerprint: t.string({
      nullable: true,
      description: 'Tells two tokens apart, finds none.',
      resolve: ({ cluster, role }) => cluster.swarm && fingerprintOf(cluster.swarm.tokens[role]),
    }),
    rotatedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'By Skep; null: never.',
      resolve: ({ cluster, role }) => cluster.tokens[role].rotatedAt,
    }),
    revealedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'By Skep; null: never.',
      resolve: ({ cluster, role }) => cluster.tokens[role].revealedAt,
    }),
  }),
});
