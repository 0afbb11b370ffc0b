// scaleService: docker service scale, for several at once. Done when as many tasks run.
// https://docs.docker.com/engine/swarm/swarm-tutorial/scale-service/
import * as z from 'zod';
import { type Action, allClear, refused } from '../operations/action.ts';
import { Failure } from '../platform/failure.ts';
import { changeService } from './change.ts';
import { deadlineInput, noParts, serviceRef } from './input.ts';
import {
  changeableCluster,
  clusterNow,
  lockOf,
  namedService,
  presentService,
  type ServicesParts,
} from './parts.ts';
import { mixedEngines, suitableManagers } from './suitable.ts';
import { createSum } from './sum.ts';

const input = z.object({
  cluster: z.string(),
  services: z
    .array(z.object({ service: serviceRef, replicas: z.number().int().min(0).max(1_000_000) }))
    .min(1, 'names no service')
    .max(500),
  deadlineSeconds: deadlineInput,
});
type Input = z.infer<typeof input>;
type Plan = { clusterId: string; replicas: Record<string, number>; deadlineSeconds: number };

export const scaleServiceAction = (parts: ServicesParts): Action<Input, Plan> => ({
  name: 'scaleService',
  permission: 'service:write',
  input: input as z.ZodType<Input>,
  named: ({ services }) => services.map(({ service }) => ({ kind: 'SERVICE', name: service })),
  resolve: async ({ cluster: ref, services, deadlineSeconds }, requester) => {
    const cluster = changeableCluster(parts, ref, requester);
    const found = await Promise.all(
      services.map(async ({ service, replicas }) => ({
        replicas,
        service: (await namedService(parts, cluster, service)).service,
      })),
    );
    const ids = new Set(found.map(({ service }) => service.id));
    if (ids.size < found.length)
      throw new Failure('BAD_USER_INPUT', 'input.services names a service twice', 'name each once');
    return {
      clusterId: cluster.id,
      plan: {
        clusterId: cluster.id,
        replicas: Object.fromEntries(found.map(({ service, replicas }) => [service.id, replicas])),
        deadlineSeconds,
      },
      targets: found.map(({ service: { id, name } }) => ({ kind: 'SERVICE', id, name })),
      locks: [...ids].map(lockOf),
    };
  },
  reachable: ({ clusterId }) => parts.services.reachable(clusterId),
  judge: async ({ clusterId, replicas }) => {
    const cluster = clusterNow(parts, clusterId);
    for (const id of Object.keys(replicas)) {
      const { service } = await presentService(parts, clusterId, id);
      if (service.mode !== 'REPLICATED')
        return refused(
          new Failure(
            'INVALID_ARGUMENT',
            `${service.name} is not replicated: it has no replicas`,
            'leave it out',
          ),
        );
    }
    suitableManagers(parts.managers, cluster, ['UpdateService']);
    return { ...allClear, warnings: mixedEngines(cluster) };
  },
  act: (run, { clusterId, replicas, deadlineSeconds }) => {
    const sum = createSum((done, total) => run.progress({ done, total, unit: 'tasks' }));
    for (const [id, wanted] of Object.entries(replicas)) sum(id, 0, wanted);
    return run.each(
      async (target) => {
        const serviceId = target.id ?? '';
        await changeService(
          parts,
          run,
          target,
          {
            clusterId,
            serviceId,
            deadlineSeconds,
            step: `scale:${serviceId}`,
            body: {
              __typename: 'UpdateService',
              service: serviceId,
              parts: { ...noParts, replicas: replicas[serviceId] ?? 0 },
              env: null,
              forceUpdate: false,
              mayPrivileged: false,
            },
            isPrivileged: false,
          },
          (done, total) => sum(serviceId, done, total),
        );
      },
      { parallel: true },
    );
  },
});
