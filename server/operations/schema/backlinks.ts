// The field that leads from a record to its operation.
import { AuditRecordRef } from '../../audit/schema/record.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { OperationRef } from './operation.ts';

builder.objectField(AuditRecordRef, 'operation', (t) =>
  t.field({
    type: OperationRef,
    nullable: true,
    ...guarded('operation:read', 'The operation that it belongs to; null when it is no operation’s.'),
    resolve: ({ operationId }, _, { operations }) =>
      operationId === null ? null : operations.find(operationId),
  }),
);
