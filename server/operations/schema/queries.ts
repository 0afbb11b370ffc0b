// Queries of operations.
import type { Operation as Row } from '../../../prisma/generated/client.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import { keysetPage } from '../../graphql/connection.ts';
import { finalStates, type Operation, openStates, operationOf } from '../operation.ts';
import { OperationFilter } from './filter.ts';
import { OperationRef } from './operation.ts';

const OperationConnection = builder.connectionObject({ type: OperationRef, name: 'OperationConnection' });
const isId = (value: unknown): value is string => typeof value === 'string' && value.length <= 64;

builder.queryFields((t) => ({
  operations: t.field({
    type: OperationConnection,
    ...guarded(
      'operation:read',
      'Operations, newest first. `first` or `last` 1 to 100, default 50; no count.',
    ),
    args: {
      filter: t.arg({ type: OperationFilter }),
      first: t.arg.int(),
      after: t.arg.string(),
      last: t.arg.int(),
      before: t.arg.string(),
    },
    resolve: (_, { filter, ...page }, { db, scopeOf, requester }) => {
      const scope = scopeOf(requester);
      const states = filter?.open == null ? null : filter.open ? [...openStates] : [...finalStates];
      return keysetPage(
        page,
        100,
        ({ id }: Operation) => id,
        isId,
        async ({ above, below, order, take }) =>
          (
            await db.read.operation.findMany({
              where: {
                AND: [
                  {
                    id: {
                      ...(above === null ? {} : { gt: above }),
                      ...(below === null ? {} : { lt: below }),
                    },
                  },
                  scope === null ? {} : { clusterId: { in: [...scope] } },
                  filter?.cluster == null ? {} : { clusterId: filter.cluster },
                  filter?.actor == null ? {} : { actorId: filter.actor },
                  filter?.action == null ? {} : { action: filter.action },
                  filter?.state == null ? {} : { state: { in: filter.state } },
                  states === null ? {} : { state: { in: states } },
                ],
              },
              orderBy: { id: order },
              take,
            })
          ).map((row: Row) => operationOf(row)),
      );
    },
  }),
  operation: t.field({
    type: OperationRef,
    nullable: true,
    ...guarded('operation:read', 'One operation; null: unknown or out of scope.'),
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_, { id }, { operations, holders, requester }) => {
      const found = await operations.find(id);
      return found && holders.authorise(requester.actor, 'operation:read', found.clusterId) ? found : null;
    },
  }),
}));
