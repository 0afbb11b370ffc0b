// What every event tells, and the live feed of operations.
import { ChangeRef } from '../../audit/schema/record.ts';
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { changeStream, type Streamed, told } from '../../graphql/stream.ts';
import type { Change, EventKind } from '../../platform/events.ts';
import type { Operation } from '../operation.ts';
import { EventKindEnum } from './enums.ts';
import { OperationFilter, operationMatches } from './filter.ts';
import { OperationRef } from './operation.ts';

/** What every event tells, whatever it is of. */
export type ChangeEvent = {
  cursor: string;
  at: Date;
  kind: EventKind;
  changes: readonly Change[];
  operationId: string | null;
};

export const ChangeEventRef = builder.interfaceRef<ChangeEvent>('Event').implement({
  description: 'One observed change. Its cursor is where to go on from.',
  fields: (t) => ({
    cursor: t.exposeString('cursor'),
    at: t.field({ type: 'DateTime', description: 'When it was seen.', resolve: ({ at }) => at }),
    kind: t.field({ type: EventKindEnum, resolve: ({ kind }) => kind }),
    changes: t.field({ type: [ChangeRef], resolve: ({ changes }) => [...changes] }),
    operation: t.field({
      type: OperationRef,
      nullable: true,
      ...guarded('operation:read', 'Whose change it was; null when not an operation’s.'),
      resolve: ({ operationId }, _, { operations }) =>
        operationId === null ? null : operations.find(operationId),
    }),
  }),
});

/** The event of a stream's item, and what it is of. @throws the Failure that ended the stream. */
export const changeEvent = <Of>(
  item: Streamed,
  { events }: Context,
): ChangeEvent & { subjectId: string; clusterId: string | null; of: Of } => {
  const { seq, at, kind, subjectId, clusterId, after, changes, operationId } = told(item);
  return {
    cursor: events.cursorOf(seq),
    at,
    kind,
    subjectId,
    clusterId,
    changes,
    operationId,
    of: after as Of,
  };
};

const OperationEvent = builder.objectRef<ChangeEvent & { of: Operation }>('OperationEvent').implement({
  interfaces: [ChangeEventRef],
  description: '`changes` are those of its state; its steps and targets are in `operation`.',
  fields: (t) => ({
    operation: t.field({ type: OperationRef, description: 'As it was then.', resolve: ({ of }) => of }),
  }),
});

builder.subscriptionField('operationChanged', (t) =>
  t.field({
    type: OperationEvent,
    ...guarded('operation:read', 'Each step of each operation.'),
    args: { filter: t.arg({ type: OperationFilter }), after: t.arg.string() },
    subscribe: (_, { filter, after }, context: Context) =>
      changeStream(context, {
        topic: 'OPERATION',
        permission: 'operation:read',
        after,
        matches: (operation: Operation) => operationMatches(filter, operation),
      }),
    resolve: (item: Streamed, _, context) => changeEvent<Operation>(item, context),
  }),
);
