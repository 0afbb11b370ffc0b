// rollbackService: docker service rollback, to the spec before the present one, of which Docker keeps one.
// https://docs.docker.com/reference/cli/docker/service/rollback/
import * as z from 'zod';
import { type Action, allClear, refused } from '../operations/action.ts';
import { Failure } from '../platform/failure.ts';
import { changeService } from './change.ts';
import { deadlineInput, serviceRef } from './input.ts';
import {
  changeableCluster,
  clusterNow,
  lockOf,
  namedService,
  presentService,
  type ServicesParts,
} from './parts.ts';
import { mixedEngines, suitableManagers } from './suitable.ts';

const input = z.object({ cluster: z.string(), service: serviceRef, deadlineSeconds: deadlineInput });
type Input = z.infer<typeof input>;
type Plan = { clusterId: string; serviceId: string; mayPrivileged: boolean; deadlineSeconds: number };

export const rollbackServiceAction = (parts: ServicesParts): Action<Input, Plan> => ({
  name: 'rollbackService',
  permission: 'service:write',
  input: input as z.ZodType<Input>,
  named: ({ service }) => [{ kind: 'SERVICE', name: service }],
  resolve: async ({ cluster: ref, service: name, deadlineSeconds }, requester) => {
    const cluster = changeableCluster(parts, ref, requester);
    const { service } = await namedService(parts, cluster, name);
    const mayPrivileged = parts.authorise(requester.actor, 'service:privileged', cluster.id);
    return {
      clusterId: cluster.id,
      plan: { clusterId: cluster.id, serviceId: service.id, mayPrivileged, deadlineSeconds },
      targets: [{ kind: 'SERVICE', id: service.id, name: service.name }],
      locks: [lockOf(service.id)],
    };
  },
  reachable: ({ clusterId }) => parts.services.reachable(clusterId),
  judge: async ({ clusterId, serviceId }) => {
    const cluster = clusterNow(parts, clusterId);
    const { service } = await presentService(parts, clusterId, serviceId);
    if (!service.canRollBack)
      return refused(
        new Failure(
          'NO_PREVIOUS_SPEC',
          `${service.name} has no spec before this one`,
          'updateService instead',
        ),
      );
    suitableManagers(parts.managers, cluster, ['RollBackService']);
    return { ...allClear, warnings: mixedEngines(cluster) };
  },
  act: (run, { clusterId, serviceId, mayPrivileged, deadlineSeconds }) =>
    run.each((target) =>
      changeService(
        parts,
        run,
        target,
        {
          clusterId,
          serviceId,
          deadlineSeconds,
          step: `rollback:${serviceId}`,
          body: { __typename: 'RollBackService', service: serviceId, mayPrivileged },
          isPrivileged: false,
          rollingBack: true,
        },
        (done, total) => run.progress({ done, total, unit: 'tasks' }),
      ),
    ),
});
