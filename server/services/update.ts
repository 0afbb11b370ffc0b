// updateService: docker service update. What is given is changed, all else stays; done when the update has ended.
// https://docs.docker.com/engine/swarm/services/#update-a-service
import * as z from 'zod';
import type { ServiceParts } from '../hosts/service-parts.ts';
import { type Action, allClear, refused } from '../operations/action.ts';
import { Failure } from '../platform/failure.ts';
import { changeService } from './change.ts';
import { deadlineInput, envInput, givenEnv, image, partsInput, serviceRef } from './input.ts';
import { unanswered } from './kernels.ts';
import {
  changeableCluster,
  clusterNow,
  lockOf,
  namedService,
  presentService,
  type ServicesParts,
} from './parts.ts';
import { isWorkload, privilegedParts, whyNotPrivileged } from './privileged.ts';
import { mixedEngines, suitableManagers } from './suitable.ts';

const input = z.object({
  cluster: z.string(),
  service: serviceRef,
  image: image.nullish().transform((value) => value ?? null),
  env: envInput,
  ...partsInput,
  forceUpdate: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  deadlineSeconds: deadlineInput,
});
type Input = z.infer<typeof input>;
type Plan = {
  clusterId: string;
  serviceId: string;
  parts: ServiceParts;
  envGiven: boolean;
  forceUpdate: boolean;
  mayPrivileged: boolean;
  deadlineSeconds: number;
  /** Of what it is, or becomes, as judged. */
  isPrivileged: boolean;
};

export const updateServiceAction = (parts: ServicesParts): Action<Input, Plan> => ({
  name: 'updateService',
  permission: 'service:write',
  input: input as z.ZodType<Input>,
  secrets: ['env'],
  named: ({ service }) => [{ kind: 'SERVICE', name: service }],
  resolve: async ({ cluster: ref, service: name, env, forceUpdate, deadlineSeconds, ...own }, requester) => {
    const asked = forceUpdate || env !== null || Object.values(own).some((value) => value !== null);
    if (!asked)
      throw new Failure(
        'BAD_USER_INPUT',
        'input changes nothing',
        'give a part, or forceUpdate to restart its tasks',
      );
    const cluster = changeableCluster(parts, ref, requester);
    const { service } = await namedService(parts, cluster, name);
    return {
      clusterId: cluster.id,
      plan: {
        clusterId: cluster.id,
        serviceId: service.id,
        parts: own,
        envGiven: env !== null,
        forceUpdate,
        mayPrivileged: parts.authorise(requester.actor, 'service:privileged', cluster.id),
        deadlineSeconds,
        isPrivileged: false,
      },
      targets: [{ kind: 'SERVICE', id: service.id, name: service.name }],
      locks: [lockOf(service.id)],
    };
  },
  reachable: ({ clusterId }) => parts.services.reachable(clusterId),
  judge: async (plan) => {
    const { clusterId, serviceId, parts: wanted, envGiven, forceUpdate, mayPrivileged } = plan;
    const cluster = clusterNow(parts, clusterId);
    const { service } = await presentService(parts, clusterId, serviceId);
    if (wanted.replicas !== null && service.mode !== 'REPLICATED')
      return refused(new Failure('INVALID_ARGUMENT', `${service.name} has no replicas`, 'leave them out'));
    // Who gives another image or command to a service with a bind mount has what is mounted.
    const kept = isWorkload(wanted, envGiven, forceUpdate) ? service.privileged : [];
    const privileged = [...new Set([...privilegedParts(wanted), ...kept])];
    const why = whyNotPrivileged(wanted, privileged, mayPrivileged);
    if (why) return refused(why);
    plan.isPrivileged = privileged.length > 0;
    suitableManagers(parts.managers, cluster, [
      'UpdateService',
      ...(plan.isPrivileged ? ['services:privileged'] : []),
    ]);
    const asksForReach = wanted.networks ?? wanted.endpointMode ?? wanted.ports;
    const reached = {
      networks: wanted.networks ?? service.networks,
      endpointMode: wanted.endpointMode ?? service.endpointMode,
      ports: wanted.ports ?? service.ports.map(({ mode }) => ({ publishMode: mode })),
    };
    const warnings = [
      ...mixedEngines(cluster),
      ...(asksForReach === null ? [] : unanswered(parts, clusterId, reached)),
    ];
    return { ...allClear, warnings };
  },
  act: (run, plan) =>
    run.each(async (target) => {
      const { clusterId, serviceId, deadlineSeconds, forceUpdate, mayPrivileged, isPrivileged } = plan;
      const env = givenEnv(run.given);
      if (plan.envGiven && env === null) throw withoutEnv(run.resumed);
      await changeService(
        parts,
        run,
        target,
        {
          clusterId,
          serviceId,
          deadlineSeconds,
          step: `update:${serviceId}`,
          body: {
            __typename: 'UpdateService',
            service: serviceId,
            parts: plan.parts,
            env,
            forceUpdate,
            mayPrivileged,
          },
          isPrivileged,
        },
        (done, total) => run.progress({ done, total, unit: 'tasks' }),
      );
    }),
});

const withoutEnv = (begun: boolean): Failure =>
  begun
    ? new Failure(
        'OUTCOME_UNKNOWN',
        'the server was restarted, and keeps no environment: whether it was set before is not known',
        'read the service, then decide',
      )
    : new Failure('INTERRUPTED', 'the server was restarted, and keeps no environment', 'ask again');
