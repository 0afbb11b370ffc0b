// Queries of rolling maintenance.
import { builder, guarded } from '../../graphql/builder.ts';

builder.queryFields((t) => ({
  maintenanceHooks: t.stringList({
    ...guarded(
      'maintenance:run',
      'Names of the hooks that `rollMaintenance` may call, from the server’s configuration.',
    ),
    resolve: (_, __, { maintenanceHooks }) => [...maintenanceHooks],
  }),
}));
