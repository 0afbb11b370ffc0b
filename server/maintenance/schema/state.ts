// How a rolling maintenance stands: what its operation keeps of each node.
import { builder, guarded } from '../../graphql/builder.ts';
import { AvailabilityEnum } from '../../nodes/schema/enums.ts';
import { OperationRef } from '../../operations/schema/operation.ts';
import type { Plan, Work } from '../plan.ts';
import { planOf } from '../steer.ts';
import { MaintenancePhaseEnum } from './enums.ts';

const MaintenanceNode = builder.objectRef<Work & { id: string }>('MaintenanceNode').implement({
  description: 'A node that was begun. `targets` of the operation say how it ended.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Of the node.' }),
    phase: t.field({
      type: MaintenancePhaseEnum,
      description: 'The newest that was begun.',
      resolve: ({ phase }) => phase,
    }),
    earlier: t.field({
      type: AvailabilityEnum,
      description: 'What it gets back at the end, or when it is cancelled.',
      resolve: ({ earlier }) => earlier,
    }),
    wentOn: t.string({
      nullable: true,
      description: 'Why it went on, or who let it; null: it waits, or is not that far.',
      resolve: ({ wentOn }) => wentOn?.why ?? null,
    }),
  }),
});

const MaintenanceRef = builder.objectRef<Plan>('Maintenance').implement({
  description: 'What a rolling maintenance keeps while it runs, also over a restart of the server.',
  fields: (t) => ({
    maxUnavailable: t.exposeInt('maxUnavailable'),
    pausedBy: t.string({
      nullable: true,
      description: 'Whose word it is that no further node is begun; null: not paused.',
      resolve: ({ paused }) => paused?.by ?? null,
    }),
    nodes: t.field({
      type: [MaintenanceNode],
      resolve: ({ works }) => Object.entries(works).map(([id, work]) => ({ id, ...work })),
    }),
  }),
});

builder.objectField(OperationRef, 'maintenance', (t) =>
  t.field({
    type: MaintenanceRef,
    nullable: true,
    ...guarded(
      'operation:read',
      'Of `rollMaintenance`: how it stands. Null of every other one, and in an event’s operation: ask for it by id.',
    ),
    resolve: (operation) => planOf(operation),
  }),
);
