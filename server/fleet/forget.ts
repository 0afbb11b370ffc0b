// forgetFleet: ends the watch of a cluster's declaration. The cluster stays as it is.
import * as z from 'zod';
import { findCluster } from '../clusters/find.ts';
import type { ScopeOf } from '../hosts/actions.ts';
import { type Action, allClear, refused } from '../operations/action.ts';
import { Failure } from '../platform/failure.ts';
import { type ApplyFleetParts, fleetLock } from './apply.ts';

type Input = { cluster: string };

export const forgetFleetAction = ({
  declarations,
  clusters,
  scopeOf,
}: Pick<ApplyFleetParts, 'declarations' | 'clusters'> & { scopeOf: ScopeOf }): Action<
  Input,
  { clusterId: string; name: string }
> => ({
  name: 'forgetFleet',
  permission: 'fleet:apply',
  input: z.object({ cluster: z.string().min(1) }),
  named: ({ cluster }) => [{ kind: 'CLUSTER', name: cluster }],
  resolve: async ({ cluster: ref }, requester) => {
    const { id, name } = findCluster(clusters, ref, scopeOf, requester);
    return {
      clusterId: id,
      plan: { clusterId: id, name },
      targets: [{ kind: 'CLUSTER', id, name }],
      locks: [fleetLock(name)],
    };
  },
  judge: async ({ clusterId, name }) =>
    declarations.find(clusterId)
      ? allClear
      : refused(
          new Failure('NOT_FOUND', `no fleet document was applied to ${name}`, 'there is nothing to forget'),
        ),
  act: (run, { clusterId }) => run.each(() => declarations.forget(clusterId, run.operation.id)),
});
