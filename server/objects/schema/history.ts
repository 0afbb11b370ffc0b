// What the history has of a service.
import { AuditRecordRef, historyOf } from '../../audit/schema/record.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { ServiceRef } from '../../services/schema/swarm-service.ts';

builder.objectField(ServiceRef, 'history', (t) =>
  t.field({
    type: [AuditRecordRef],
    nullable: true,
    ...guarded('audit:read', 'What the history has of it, newest first.'),
    extensions: { cost: 200 },
    args: { first: t.arg.int({ defaultValue: 20 }) },
    resolve: ({ id }, { first }, context) => historyOf(context, id, first),
  }),
);
