// A cluster's quorum.
import { builder } from '../../graphql/builder.ts';
import type { Quorum } from '../quorum.ts';

export const QuorumRef = builder.objectRef<{ quorum: Quorum; advice: string | null }>('Quorum').implement({
  description: 'The raft group of managers: https://docs.docker.com/engine/swarm/admin_guide/',
  fields: (t) => ({
    managers: t.int({ description: 'Members.', resolve: ({ quorum }) => quorum.managers }),
    reachable: t.int({
      description:
        'As the leader counts them. Without a leader: those whose agents report them up, fewer than needed.',
      resolve: ({ quorum }) => quorum.reachable,
    }),
    needed: t.int({ description: 'A majority of the members.', resolve: ({ quorum }) => quorum.needed }),
    tolerates: t.int({
      description: 'How many more can be lost. Negative: quorum is lost.',
      resolve: ({ quorum }) => quorum.tolerates,
    }),
    advice: t.string({
      nullable: true,
      description:
        'What to do about it, as agents see the managers now: which are up, how many must come back, when recoverCluster is right, the next step for each manager of before a recovery. For people: its words change. Null: all is well.',
      resolve: ({ advice }) => advice,
    }),
  }),
});
