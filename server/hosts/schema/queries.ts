// Queries of hosts and enrolments.
import { builder, guarded } from '../../graphql/builder.ts';
import { pageOfSorted, pageSize } from '../../graphql/connection.ts';
import { inScope } from '../actions.ts';
import { hostScalars } from '../host.ts';
import { EnrolmentRef } from './enrolment.ts';
import { HostFilter, hostMatches } from './filter.ts';
import { HostConnection, HostRef } from './host.ts';

builder.queryFields((t) => ({
  hosts: t.field({
    type: HostConnection,
    ...guarded('host:read', 'Hosts by name. `first` 1 to 1,000.'),
    args: {
      filter: t.arg({ type: HostFilter }),
      first: t.arg.int({ defaultValue: 50 }),
      after: t.arg.string(),
    },
    resolve: (_, { filter, first, after }, { hosts, events, scopeOf, requester }) => {
      const scope = scopeOf(requester);
      const found = hosts
        .sorted()
        .filter((host) => inScope(host, scope) && (!filter || hostMatches(filter, hostScalars(host))));
      const page = pageOfSorted(found, {
        first: pageSize('first', first ?? 50, 1_000),
        after,
        keyOf: ({ name }) => name,
        descending: false,
      });
      return { ...page, totalCount: found.length, eventCursor: events.head() };
    },
  }),
  host: t.field({
    type: HostRef,
    nullable: true,
    ...guarded('host:read', 'One host; null: unknown or out of scope.'),
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, { hosts, scopeOf, requester }) => {
      const host = hosts.find(id);
      return host && inScope(host, scopeOf(requester)) ? host : null;
    },
  }),
  enrolments: t.field({
    type: [EnrolmentRef],
    ...guarded('host:enrol', 'Enrolments, newest first, at most 1,000.'),
    resolve: (_, __, { enrolments, scopeOf, requester }) =>
      scopeOf(requester) === null ? enrolments.list() : [],
  }),
}));
