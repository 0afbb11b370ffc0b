// The live feed of nodes.
import type { SeenNode } from '../../clusters/cluster.ts';
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { pageSize } from '../../graphql/connection.ts';
import { changeStream, type Streamed } from '../../graphql/stream.ts';
import { type ChangeEvent, ChangeEventRef, changeEvent } from '../../operations/schema/events.ts';
import { pastEvents } from '../../platform/past-events.ts';
import { type Filtered, nodeMatches } from '../list.ts';
import type { NodeView } from '../node.ts';
import { NodeFilterInput } from './filter.ts';
import { NodeRef } from './node.ts';

const NodeEvent = builder
  .objectRef<ChangeEvent & { clusterId: string | null; of: SeenNode }>('NodeEvent')
  .implement({
    interfaces: [ChangeEventRef],
    fields: (t) => ({
      node: t.field({
        type: NodeRef,
        description: 'With the values of then; what it points to (cluster, host, tasks, history) is of now.',
        resolve: ({ of, clusterId }): NodeView => ({ ...of, tlsInfo: null, clusterId: clusterId ?? '' }),
      }),
    }),
  });

builder.objectField(NodeRef, 'events', (t) =>
  t.field({
    type: [NodeEvent],
    ...guarded(
      'cluster:read',
      'What was seen of it, status changes too, newest first; `first` at most 100. What is older than the events that are kept is not there. Status changes are in no audit record.',
    ),
    extensions: { cost: 200 },
    args: { first: t.arg.int({ defaultValue: 20 }) },
    resolve: ({ id, clusterId }, { first }, context) =>
      pastEvents(context.db.sql, { topic: 'NODE', subjectId: id, first: pageSize('first', first ?? 20, 100) })
        .filter((event) => event.clusterId === clusterId)
        .map((event) => changeEvent<SeenNode>(event, context)),
  }),
);

builder.subscriptionField('nodeChanged', (t) =>
  t.field({
    type: NodeEvent,
    ...guarded(
      'cluster:read',
      'Each change of a node. A filter matches when the node before or after the change does.',
    ),
    args: { filter: t.arg({ type: NodeFilterInput }), after: t.arg.string() },
    subscribe: (_, { filter, after }, context: Context) =>
      changeStream(context, {
        topic: 'NODE',
        permission: 'cluster:read',
        after,
        matches: (node: Filtered) => nodeMatches(filter, node),
      }),
    resolve: (item: Streamed, _, context) => changeEvent<SeenNode>(item, context),
  }),
);
