// The live feed of clusters.
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { changeStream, type Streamed } from '../../graphql/stream.ts';
import { type ChangeEvent, ChangeEventRef, changeEvent } from '../../operations/schema/events.ts';
import type { ClusterScalars } from '../cluster.ts';
import { ClusterRef } from './cluster.ts';
import { ClusterStateEnum } from './enums.ts';
import { ClusterFilter, clusterMatches } from './filter.ts';
import { visible } from './queries.ts';

const ClusterEvent = builder.objectRef<ChangeEvent & { of: ClusterScalars }>('ClusterEvent').implement({
  interfaces: [ChangeEventRef],
  description:
    'A change of leader, quorum, state, name, join tokens, autolock, unlock key, root CA, spec or watcher.',
  fields: (t) => ({
    clusterId: t.id({ resolve: ({ of }) => of.id }),
    name: t.string({ resolve: ({ of }) => of.name }),
    state: t.field({ type: ClusterStateEnum, description: 'As it was then.', resolve: ({ of }) => of.state }),
    leader: t.id({
      nullable: true,
      description: 'The leader’s node id then.',
      resolve: ({ of }) => of.leader,
    }),
    cluster: t.field({
      type: ClusterRef,
      nullable: true,
      description: 'As it is now; null: forgotten.',
      resolve: ({ of }, _, context) => visible(of.id, context),
    }),
  }),
});

builder.subscriptionField('clusterChanged', (t) =>
  t.field({
    type: ClusterEvent,
    ...guarded('cluster:read', 'Each change of a cluster as such.'),
    args: { filter: t.arg({ type: ClusterFilter }), after: t.arg.string() },
    subscribe: (_, { filter, after }, context: Context) =>
      changeStream(context, {
        topic: 'CLUSTER',
        permission: 'cluster:read',
        after,
        matches: (cluster: ClusterScalars) => clusterMatches(filter, cluster),
      }),
    resolve: (item: Streamed, _, context) => changeEvent<ClusterScalars>(item, context),
  }),
);
