// The audit log's live feed.
import type { AuditRecord as Row } from '../../../prisma/generated/client.ts';
import type { Context } from '../../context.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { changeStream, type Streamed, told } from '../../graphql/stream.ts';
import { AuditFilter, auditMatches } from './filter.ts';
import { AuditRecordRef } from './record.ts';

const AuditEvent = builder.objectRef<{ cursor: string; record: Row }>('AuditEvent').implement({
  fields: (t) => ({
    cursor: t.exposeString('cursor'),
    record: t.field({ type: AuditRecordRef, resolve: ({ record }) => record }),
  }),
});

builder.subscriptionField('auditRecorded', (t) =>
  t.field({
    type: AuditEvent,
    ...guarded('audit:read', 'Each record as it is written.'),
    args: { filter: t.arg({ type: AuditFilter }), after: t.arg.string() },
    subscribe: (_, { filter, after }, context: Context) =>
      changeStream(context, {
        topic: 'AUDIT',
        permission: 'audit:read',
        after,
        matches: (row: Row) => auditMatches(filter, row),
      }),
    resolve: (item: Streamed, _, { events }) => {
      const event = told(item);
      return { cursor: events.cursorOf(event.seq), record: event.after as Row };
    },
  }),
);
