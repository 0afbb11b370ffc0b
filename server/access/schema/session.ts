// Sessions: the browsers that are signed in.
import { ActorRef } from '../../audit/schema/record.ts';
import { builder } from '../../graphql/builder.ts';
import { operationMutation } from '../../operations/schema/operation-mutation.ts';
import { actorOf } from '../holders.ts';
import { maySee } from '../revoke-session.ts';
import type { Session } from '../sessions.ts';
import { RoleEnum } from './enums.ts';

const SessionRef = builder.objectRef<Session>('Session').implement({
  description: 'A browser that is signed in, and acts as a person or an API key until the session ends.',
  fields: (t) => ({
    id: t.exposeID('id'),
    actor: t.field({
      type: ActorRef,
      nullable: true,
      description: 'As whom it acts; null: who that was has ended meanwhile.',
      resolve: ({ holderId }, _, { holders }) => {
        const holder = holders.find(holderId);
        return holder && actorOf(holder);
      },
    }),
    role: t.field({
      type: RoleEnum,
      nullable: true,
      description: 'Null as `actor` is.',
      resolve: ({ holderId }, _, { holders }) => holders.find(holderId)?.role,
    }),
    clusters: t.idList({
      nullable: true,
      description: 'Cluster ids that it may act on; null: all.',
      resolve: ({ holderId }, _, { holders }) => {
        const { clusters } = holders.find(holderId) ?? { clusters: [] };
        return clusters && [...clusters];
      },
    }),
    createdAt: t.field({ type: 'DateTime', resolve: ({ createdAt }) => createdAt }),
    expiresAt: t.field({ type: 'DateTime', resolve: ({ expiresAt }) => expiresAt }),
    sourceAddress: t.exposeString('sourceAddress', {
      nullable: true,
      description: 'Where it signed in from; null: not known.',
    }),
    isCurrent: t.boolean({
      description: 'Whether it is the one that asks.',
      resolve: ({ id }, _, { session }) => id === session,
    }),
  }),
});

builder.queryField('sessions', (t) =>
  t.field({
    type: [SessionRef],
    description:
      'Open sessions, the oldest first: those of whoever asks; with key:admin, those of others within its scope too. Permission: none but a valid key.',
    resolve: (_, __, { sessions, holders, requester }) =>
      sessions.list().filter((each) => maySee({ holders }, requester.actor, each)),
  }),
);

operationMutation('revokeSession', {
  permission: 'session:create',
  description:
    'Ends a session at once, with its open sockets and streams; that of another needs key:admin, too. When it was a person’s last one, what that person began and still waits is not gone on with.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});
