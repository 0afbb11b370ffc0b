// The live feed of services.
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { changeStream, type Streamed } from '../../graphql/stream.ts';
import { type ChangeEvent, ChangeEventRef, changeEvent } from '../../operations/schema/events.ts';
import { ServiceFilterInput, serviceMatches } from '../../services/schema/queries.ts';
import { ServiceRef, type ServiceView } from '../../services/schema/swarm-service.ts';
import type { Told } from '../object.ts';

/** As events keep it: times are text. */
const serviceOf = (told: Told): ServiceView => {
  const { createdAt, updatedAt, updateStatus, ...rest } = told as unknown as ServiceView;
  const dated = (at: Date | null): Date | null => at && new Date(at);
  return {
    ...rest,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    updateStatus: updateStatus && {
      ...updateStatus,
      startedAt: dated(updateStatus.startedAt),
      completedAt: dated(updateStatus.completedAt),
    },
  };
};

const ServiceEvent = builder.objectRef<ChangeEvent & { of: Told }>('ServiceEvent').implement({
  interfaces: [ChangeEventRef],
  description:
    'A change of a service: of what people set, of how many tasks run, of its update. Counts are as they were read, not each that there was.',
  fields: (t) => ({
    service: t.field({
      type: ServiceRef,
      description:
        'With the values of then, but its tasks, which are of now. Of the environment the names alone are kept.',
      resolve: ({ of }) => serviceOf(of),
    }),
  }),
});

builder.subscriptionField('serviceChanged', (t) =>
  t.field({
    type: ServiceEvent,
    ...guarded(
      'cluster:read',
      'Each change of a service that was seen, of one cluster or all in scope. A filter matches when the service before or after the change does. Only where an agent of a manager allows services; changes by Docker’s own tools are also on record, as EXTERNAL.',
    ),
    args: {
      cluster: t.arg.id(),
      filter: t.arg({ type: ServiceFilterInput }),
      after: t.arg.string(),
    },
    subscribe: (_, { cluster, filter, after }, context: Context) =>
      changeStream(context, {
        topic: 'SERVICE',
        permission: 'cluster:read',
        after,
        matches: (told: Told) =>
          (cluster == null || told.clusterId === String(cluster)) &&
          serviceMatches(filter, told as unknown as ServiceView),
      }),
    resolve: (item: Streamed, _, context) => changeEvent<Told>(item, context),
  }),
);
