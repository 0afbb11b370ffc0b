// createService: docker service create. Done when its tasks run, and have run for as long as its updates are watched.
// https://docs.docker.com/engine/swarm/services/#create-a-service
import * as z from 'zod';
import { failureOf } from '../hosts/commands.ts';
import type { ServiceParts } from '../hosts/service-parts.ts';
import { type Action, allClear, type Run, refused } from '../operations/action.ts';
import { waitFor } from '../operations/wait.ts';
import { changesOf } from '../platform/changes.ts';
import { Failure } from '../platform/failure.ts';
import { converge } from './converge.ts';
import { deadlineInput, envInput, givenEnv, image, partsInput, serviceName } from './input.ts';
import { unanswered } from './kernels.ts';
import { changeableCluster, clusterNow, deadlineOf, type ServicesParts } from './parts.ts';
import { privilegedParts, whyNotPrivileged } from './privileged.ts';
import { mixedEngines, suitableManagers } from './suitable.ts';
import { setByPeople } from './swarm-service.ts';

/** All that a service is made of, but its environment. */
export const createServiceParts = {
  name: serviceName,
  image,
  mode: z
    .enum(['REPLICATED', 'GLOBAL'], 'a service is made REPLICATED or GLOBAL')
    .nullish()
    .transform((mode) => mode ?? 'REPLICATED'),
  ...partsInput,
  deadlineSeconds: deadlineInput,
};

export const replicasFitMode = ({ mode, replicas }: { mode: string; replicas: number | null }): boolean =>
  mode === 'REPLICATED' || replicas === null;
export const replicasMisfit = { message: 'a global service has one task a node', path: ['replicas'] };

const input = z
  .object({
    cluster: z.string(),
    ...createServiceParts,
    env: envInput,
  })
  .refine(replicasFitMode, replicasMisfit);
type Input = z.infer<typeof input>;
type Plan = {
  clusterId: string;
  name: string;
  everyNode: boolean;
  parts: ServiceParts;
  /** Whether an environment was given: never what. */
  envGiven: boolean;
  mayPrivileged: boolean;
  deadlineSeconds: number;
};

const answer = z.object({ id: z.string(), warnings: z.array(z.string()) });
/** A command that is under way takes no longer than this to be carried out, or expires. */
const underWayMs = 35_000;

const nameTaken = (name: string): Failure =>
  new Failure('NAME_TAKEN', `the cluster has a service ${name}`, 'take another name, or updateService');

export const createServiceAction = (parts: ServicesParts): Action<Input, Plan> => {
  const { services, sendService, managers } = parts;

  /** The id of the service of that name, once a manager lists it. */
  const idByName = (run: Run, { clusterId, name }: Plan, timeoutMs: number): Promise<string | null> =>
    waitFor(async () => (await services.one(clusterId, name).catch(() => null))?.service.id ?? null, {
      timeoutMs,
      intervalMs: 500,
      signal: run.signal,
    });

  /** The environment was given to an earlier process, which kept nothing of it: only what that one sent can be there. */
  const findEarlier = async (run: Run, plan: Plan): Promise<string> => {
    const found = await idByName(run, plan, run.resumed ? underWayMs : 1);
    if (found !== null) return found;
    throw new Failure('INTERRUPTED', 'the server was restarted, and keeps no environment', 'ask again');
  };

  const create = async (run: Run, plan: Plan, tell: (detail: string) => void): Promise<string> => {
    const { clusterId, name, everyNode, mayPrivileged } = plan;
    const env = givenEnv(run.given);
    if (plan.envGiven && env === null) return findEarlier(run, plan);
    const body = {
      __typename: 'CreateService' as const,
      serviceName: name,
      everyNode,
      parts: plan.parts,
      env,
      mayPrivileged,
    };
    const isPrivileged = privilegedParts(plan.parts).length > 0;
    const result = await sendService(run, clusterId, { step: 'create', body, isPrivileged }, tell);
    run.unknown(result.outcome === 'UNKNOWN');
    if (result.outcome === 'DONE') {
      const { id, warnings } = answer.parse(result.result);
      for (const message of warnings) run.warn({ code: 'ENGINE_WARNING', message, target: id });
      return id;
    }
    const found = await idByName(run, plan, underWayMs);
    if (found === null) throw failureOf(result);
    return found;
  };

  return {
    name: 'createService',
    permission: 'service:write',
    input: input as z.ZodType<Input>,
    secrets: ['env'],
    named: ({ name }) => [{ kind: 'SERVICE', name }],
    resolve: async ({ cluster: ref, name, mode, env, deadlineSeconds, ...own }, requester) => {
      const { id } = changeableCluster(parts, ref, requester);
      return {
        clusterId: id,
        plan: {
          clusterId: id,
          name,
          everyNode: mode === 'GLOBAL',
          parts: own,
          envGiven: env !== null,
          mayPrivileged: parts.authorise(requester.actor, 'service:privileged', id),
          deadlineSeconds,
        },
        targets: [{ kind: 'SERVICE', id: null, name }],
        locks: [`service-name:${id}:${name}`],
      };
    },
    reachable: ({ clusterId }) => services.reachable(clusterId),
    judge: async ({ clusterId, name, parts: wanted, mayPrivileged }) => {
      const cluster = clusterNow(parts, clusterId);
      const privileged = privilegedParts(wanted);
      const why = whyNotPrivileged(wanted, privileged, mayPrivileged);
      if (why) return refused(why);
      suitableManagers(managers, cluster, [
        'CreateService',
        ...(privileged.length > 0 ? ['services:privileged'] : []),
      ]);
      if ((await services.one(clusterId, name))?.service.name === name) return refused(nameTaken(name));
      const reached = {
        networks: wanted.networks ?? [],
        endpointMode: wanted.endpointMode,
        ports: wanted.ports ?? [],
      };
      const warnings = [...mixedEngines(cluster), ...unanswered(parts, clusterId, reached)];
      return { ...allClear, warnings };
    },
    act: (run, plan) =>
      run.each(async (target) => {
        target.id ??= await run.step('create', null, (tell) => create(run, plan, tell));
        const serviceId = target.id;
        const seen = await run.step('converge', serviceId, (tell) =>
          converge(
            services,
            run,
            target,
            {
              clusterId: plan.clusterId,
              serviceId,
              deadline: deadlineOf(run.operation.startedAt, plan.deadlineSeconds),
              known: new Set(),
            },
            tell,
            (done, total) => run.progress({ done, total, unit: 'tasks' }),
          ),
        );
        if (seen) run.changed(serviceId, changesOf(null, setByPeople(seen.service)));
      }),
  };
};
