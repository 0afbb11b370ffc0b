// The live feeds of networks, secrets and configs: what came, went or got other labels.
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { changeStream, type Streamed } from '../../graphql/stream.ts';
import { LabelRef, labelsOf } from '../../nodes/schema/node.ts';
import { type ChangeEvent, ChangeEventRef, changeEvent } from '../../operations/schema/events.ts';
import type { ObjectKind, Told } from '../object.ts';

const feed = (name: 'Network' | 'Secret' | 'Config', description: string): void => {
  const word = name.toLowerCase();
  const topic = name.toUpperCase() as ObjectKind;
  const EventType = builder.objectRef<ChangeEvent & { of: Told }>(`${name}Event`).implement({
    interfaces: [ChangeEventRef],
    description,
    fields: (t) => ({
      id: t.id({ description: `The ${word}’s.`, resolve: ({ of }) => of.id }),
      name: t.string({ resolve: ({ of }) => of.name }),
      clusterId: t.id({ resolve: ({ of }) => of.clusterId }),
      labels: t.field({
        type: [LabelRef],
        description: 'As they were then.',
        resolve: ({ of }) => labelsOf(of.labels as Record<string, string>),
      }),
    }),
  });
  builder.subscriptionField(`${word}Changed`, (t) =>
    t.field({
      type: EventType,
      ...guarded(
        'cluster:read',
        `Each ${word} that came, went or changed, of one cluster or all in scope. What Docker’s own tools did is also on record, as EXTERNAL.`,
      ),
      args: { cluster: t.arg.id(), after: t.arg.string() },
      subscribe: (_, { cluster, after }, context: Context) =>
        changeStream(context, {
          topic,
          permission: 'cluster:read',
          after,
          matches: (told: Told) => cluster == null || told.clusterId === String(cluster),
        }),
      resolve: (item: Streamed, _, context) => changeEvent<Told>(item, context),
    }),
  );
};

feed('Network', 'A change of a swarm’s network. Who is attached is in `networks`.');
feed('Secret', 'A change of a secret; of its value nothing is known.');
feed('Config', 'A change of a config; of its value nothing is kept.');
