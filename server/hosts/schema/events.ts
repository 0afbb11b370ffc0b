// The live feed of hosts.
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { changeStream, type Streamed } from '../../graphql/stream.ts';
import { type ChangeEvent, ChangeEventRef, changeEvent } from '../../operations/schema/events.ts';
import type { HostScalars } from '../host.ts';
import { HostStatusEnum } from './enums.ts';
import { HostFilter, hostMatches } from './filter.ts';
import { HostRef } from './host.ts';

const HostEvent = builder
  .objectRef<ChangeEvent & { subjectId: string; of: HostScalars }>('HostEvent')
  .implement({
    interfaces: [ChangeEventRef],
    fields: (t) => ({
      hostId: t.id({ resolve: ({ subjectId }) => subjectId }),
      name: t.string({ resolve: ({ of }) => of.name }),
      hostname: t.string({ nullable: true, resolve: ({ of }) => of.hostname }),
      status: t.field({
        type: HostStatusEnum,
        description: 'As it was then.',
        resolve: ({ of }) => of.status,
      }),
      host: t.field({
        type: HostRef,
        nullable: true,
        description: 'As it is now; null: forgotten.',
        resolve: ({ subjectId }, _, { hosts }) => hosts.find(subjectId),
      }),
    }),
  });

builder.subscriptionField('hostChanged', (t) =>
  t.field({
    type: HostEvent,
    ...guarded('host:read', 'Each change of a host.'),
    args: { filter: t.arg({ type: HostFilter }), after: t.arg.string() },
    subscribe: (_, { filter, after }, context: Context) =>
      changeStream(context, {
        topic: 'HOST',
        permission: 'host:read',
        after,
        matches: (host: HostScalars) => hostMatches(filter, host),
      }),
    resolve: (item: Streamed, _, context) => changeEvent<HostScalars>(item, context),
  }),
);
