// rotateSecret and rotateConfig: a new version under another name, and the services moved over to it one after the other.
// https://docs.docker.com/engine/swarm/secrets/#example-rotate-a-secret
import * as z from 'zod';
import { canAskManager, managersFor, type ObjectParts } from '../clusters/ask-manager.ts';
import { type Action, refused, type Verdict } from '../operations/action.ts';
import { Failure } from '../platform/failure.ts';
import {
  findKept,
  type KeptKind,
  keptKinds,
  keptName,
  readKept,
  rotationLabel,
  type UsingService,
  usersOf,
} from '../secrets/kept.ts';
import { createCommands } from '../secrets/make.ts';
import { withValue } from '../secrets/value.ts';
import { deadlineInput, noParts, serviceRef } from './input.ts';
import { moveOver, type RotationPlan } from './move-over.ts';
import { hasOtherThanFiles, nextName } from './new-version.ts';
import { changeableCluster, clusterNow, lockOf, type ServicesParts } from './parts.ts';
import { whyNotPrivileged } from './privileged.ts';
import { mixedEngines, suitableManagers } from './suitable.ts';

const fields = z.object({
  cluster: z.string().min(1),
  name: keptName.nullish().transform((name) => name ?? null),
  services: z
    .array(serviceRef)
    .max(500)
    .nullish()
    .transform((list) => list ?? null),
  removeOld: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  deadlineSeconds: deadlineInput,
});
const ref = z.string().trim().min(1, 'is empty');
const inputs = { SECRET: fields.extend({ secret: ref }), CONFIG: fields.extend({ config: ref }) };
type Input = z.infer<typeof fields> & { value: string; secret?: string; config?: string };

const namesOf = (services: readonly { name: string }[]): string =>
  services.map(({ name }) => name).join(', ');

/** Those that were named, each once. @throws Failure NOT_FOUND, INVALID_ARGUMENT for one that does not use it. */
const chosen = (
  refs: readonly string[],
  all: readonly UsingService[],
  users: readonly UsingService[],
  old: string,
): UsingService[] => {
  const found = refs.map((wanted) => {
    const service = all.find(({ id }) => id === wanted) ?? all.find(({ name }) => name === wanted);
    if (!service) throw new Failure('NOT_FOUND', `the cluster has no service ${wanted}`, 'list services');
    if (!users.includes(service))
      throw new Failure('INVALID_ARGUMENT', `${service.name} does not use ${old}`, 'leave it out');
    return service;
  });
  return [...new Set(found)];
};

export const rotateKeptAction = (
  parts: ServicesParts & ObjectParts,
  kind: KeptKind,
): Action<Input, RotationPlan> => {
  const { one, all, most } = keptKinds[kind];
  const name = `rotate${one.charAt(0).toUpperCase()}${one.slice(1)}`;
  const refOf = (input: Input): string => input[one] ?? '';

  const judge = async (plan: RotationPlan): Promise<Verdict> => {
    const { clusterId, old, mayPrivileged, removeOld } = plan;
    const cluster = clusterNow(parts, clusterId);
    managersFor(parts, clusterId, createCommands[kind]);
    const { kept, services: using } = await readKept(parts, kind, clusterId);
    if (!kept.some(({ id }) => id === old.id))
      return refused(new Failure('NOT_FOUND', `${one} ${old.name} is gone`, `list ${all}`));
    if (kept.some((each) => each.name === plan.name))
      return refused(
        new Failure('NAME_TAKEN', `a ${one} is called ${plan.name} already`, 'choose another name'),
      );
    const moved = new Set(plan.services.map(({ id }) => id));
    const staying = usersOf(using, old.id).filter(({ id }) => !moved.has(id));
    if (removeOld && staying.length > 0)
      return refused(
        new Failure(
          'IN_USE',
          `${namesOf(staying)} would go on using ${old.name}, which is to be removed`,
          'let them be moved, too, or leave removeOld out',
        ),
      );
    const services = (await parts.services.all(clusterId)).filter(({ id }) => moved.has(id));
    const other = services.filter((service) => hasOtherThanFiles(service, kind));
    if (other.length > 0)
      return refused(
        new Failure(
          'INVALID_ARGUMENT',
          `${namesOf(other)} uses a ${one} that is no file`,
          'leave it out, and change it with Docker’s CLI',
        ),
      );
    const reaching = services.filter(({ privileged }) => privileged.length > 0);
    const why = whyNotPrivileged(
      noParts,
      reaching.flatMap((service) => service.privileged.map((what) => `${what} of ${service.name}`)),
      mayPrivileged,
    );
    if (why) return refused(why);
    plan.privileged = reaching.map(({ id }) => id);
    if (plan.services.length > 0)
      suitableManagers(parts.managers, cluster, [
        'UpdateService',
        ...(reaching.length > 0 ? ['services:privileged'] : []),
      ]);
    const message = `${namesOf(staying)}: not moved, and goes on using ${old.name}`;
    return {
      guards: [],
      warnings: [
        ...mixedEngines(cluster),
        ...(staying.length > 0 ? [{ code: 'STILL_USED', message, target: old.id }] : []),
      ],
      impact: null,
      refusal: null,
    };
  };

  return {
    name,
    permission: `${one}:write`,
    input: withValue(inputs[kind] as typeof inputs.SECRET, most) as unknown as z.ZodType<Input>,
    secrets: ['value'],
    named: (input) => [{ kind, name: refOf(input) }],
    resolve: async (input, requester) => {
      const { id: clusterId } = changeableCluster(parts, input.cluster, requester);
      if (!parts.authorise(requester.actor, 'service:write', clusterId))
        throw new Failure('FORBIDDEN', `${name} needs the permission service:write, too`, 'ask an admin');
      const { kept, services } = await readKept(parts, kind, clusterId);
      const old = findKept(kind, kept, refOf(input));
      const users = usersOf(services, old.id);
      const moved = input.services ? chosen(input.services, services, users, old.name) : users;
      const newName = input.name ?? nextName(old.name, kept);
      return {
        clusterId,
        plan: {
          clusterId,
          old: { id: old.id, name: old.name },
          name: newName,
          labels: Object.entries({ ...old.labels, [rotationLabel]: old.name }).map(([key, value]) => ({
            key,
            value,
          })),
          services: moved.map(({ id, name: service }) => ({ id, name: service })),
          removeOld: input.removeOld,
          mayPrivileged: parts.authorise(requester.actor, 'service:privileged', clusterId),
          privileged: [],
          deadlineSeconds: input.deadlineSeconds,
        },
        targets: [
          { kind, id: null, name: newName },
          ...moved.map(({ id, name: service }) => ({ kind: 'SERVICE', id, name: service })),
          ...(input.removeOld ? [{ kind, id: old.id, name: old.name }] : []),
        ],
        locks: [
          ...new Set([old.name, newName].map((each) => `${one}:${clusterId}:${each}`)),
          ...moved.map(({ id }) => lockOf(id)),
        ],
      };
    },
    reachable: async ({ clusterId }) =>
      (await canAskManager(parts, clusterId)) && (await parts.services.reachable(clusterId)),
    judge,
    act: (run, plan) => moveOver(parts, kind, run, plan),
  };
};
