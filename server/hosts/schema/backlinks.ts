// The field that leads from an operation's target to its host.
import { builder, guarded } from '../../graphql/builder.ts';
import { OperationTargetRef } from '../../operations/schema/operation.ts';
import { inScope } from '../actions.ts';
import { HostRef } from './host.ts';

builder.objectField(OperationTargetRef, 'host', (t) =>
  t.field({
    type: HostRef,
    nullable: true,
    ...guarded('host:read', 'The host, when the target is one and still known.'),
    resolve: ({ kind, id }, _, { hosts, scopeOf, requester }) => {
      const host = kind === 'HOST' && id !== null ? hosts.find(id) : null;
      return host && inScope(host, scopeOf(requester)) ? host : null;
    },
  }),
);
