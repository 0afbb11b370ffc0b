// What an agent can be told to do with services, and the parts of a service that a command can set.
import type { ServiceCommand, ServiceFile, ServiceParts, ServicePolicy } from '../service-parts.ts';
import { builder } from './builder.ts';

type Body<Name extends ServiceCommand['__typename']> = Extract<ServiceCommand, { __typename: Name }>;
type Of<Name extends keyof ServiceParts> = NonNullable<ServiceParts[Name]>;

const nullable = { nullable: true } as const;
const copied = <T>(list: readonly T[] | null): T[] | null => list && [...list];

const ServiceLabel = builder.objectRef<{ key: string; value: string }>('ServiceLabel').implement({
  fields: (t) => ({ key: t.exposeString('key'), value: t.exposeString('value') }),
});
const Mount = builder.objectRef<Of<'mounts'>[number]>('ServiceMount').implement({
  description:
    'Mounts[] of the container. A bind mount needs services:privileged, and is refused whatever is allowed when it reaches the engine’s socket or data, the agent’s state folder, /proc, or a folder that one of them lies in.',
  fields: (t) => ({
    kind: t.exposeString('kind', { description: 'bind, volume or tmpfs.' }),
    source: t.exposeString('source', nullable),
    path: t.exposeString('path'),
    readOnly: t.exposeBoolean('readOnly'),
  }),
});
const File = builder.objectRef<ServiceFile>('ServiceFile').implement({
  description: 'A secret or a config, by exact id or name; null: Docker’s default.',
  fields: (t) => ({
    ref: t.exposeString('ref'),
    fileName: t.exposeString('fileName', nullable),
    uid: t.exposeString('uid', nullable),
    gid: t.exposeString('gid', nullable),
    fileMode: t.exposeInt('fileMode', nullable),
  }),
});
const Port = builder.objectRef<Of<'ports'>[number]>('ServicePort').implement({
  fields: (t) => ({
    targetPort: t.exposeInt('targetPort'),
    publishedPort: t.exposeInt('publishedPort', nullable),
    protocol: t.exposeString('protocol', { description: 'tcp, udp or sctp.' }),
    publishMode: t.exposeString('publishMode', { description: 'ingress or host.' }),
  }),
});
const Resources = builder.objectRef<Of<'resources'>>('ServiceResources').implement({
  fields: (t) => ({
    cpuLimit: t.exposeFloat('cpuLimit', { nullable: true, description: 'CPUs; Docker counts in 1e-9.' }),
    memoryLimitBytes: t.exposeFloat('memoryLimitBytes', nullable),
    cpuReservation: t.exposeFloat('cpuReservation', nullable),
    memoryReservationBytes: t.exposeFloat('memoryReservationBytes', nullable),
  }),
});
const Restart = builder.objectRef<Of<'restartPolicy'>>('ServiceRestart').implement({
  fields: (t) => ({
    condition: t.exposeString('condition', { nullable: true, description: 'none, on-failure or any.' }),
    delaySeconds: t.exposeFloat('delaySeconds', nullable),
    maxAttempts: t.exposeInt('maxAttempts', nullable),
    windowSeconds: t.exposeFloat('windowSeconds', nullable),
  }),
});
const Policy = builder.objectRef<ServicePolicy>('ServicePolicy').implement({
  fields: (t) => ({
    parallelism: t.exposeInt('parallelism', nullable),
    delaySeconds: t.exposeFloat('delaySeconds', nullable),
    failureAction: t.exposeString('failureAction', nullable),
    monitorSeconds: t.exposeFloat('monitorSeconds', nullable),
    maxFailureRatio: t.exposeFloat('maxFailureRatio', nullable),
    order: t.exposeString('order', nullable),
  }),
});

const Parts = builder.objectRef<ServiceParts>('ServiceParts').implement({
  description:
    'The parts of a service’s spec that can be set. Null, also of a list or of one value of an object: as it is, or the engine’s default. A list that is given replaces the whole.',
  fields: (t) => {
    const texts = (
      name: 'command' | 'args' | 'capabilitiesAdd' | 'constraints' | 'preferences' | 'networks',
    ) => t.stringList({ nullable: true, resolve: (parts) => copied(parts[name]) });
    const labels = (name: 'labels' | 'containerLabels') =>
      t.field({ type: [ServiceLabel], nullable: true, resolve: (parts) => copied(parts[name]) });
    return {
      image: t.exposeString('image', nullable),
      command: texts('command'),
      args: texts('args'),
      user: t.exposeString('user', nullable),
      workingDirectory: t.exposeString('workingDirectory', nullable),
      stopGraceSeconds: t.exposeFloat('stopGraceSeconds', nullable),
      labels: labels('labels'),
      containerLabels: labels('containerLabels'),
      mounts: t.field({ type: [Mount], nullable: true, resolve: ({ mounts }) => copied(mounts) }),
      secrets: t.field({ type: [File], nullable: true, resolve: ({ secrets }) => copied(secrets) }),
      configs: t.field({ type: [File], nullable: true, resolve: ({ configs }) => copied(configs) }),
      capabilitiesAdd: texts('capabilitiesAdd'),
      constraints: texts('constraints'),
      preferences: texts('preferences'),
      maxReplicasPerNode: t.exposeInt('maxReplicasPerNode', nullable),
      replicas: t.exposeInt('replicas', nullable),
      resources: t.expose('resources', { type: Resources, nullable: true }),
      restartPolicy: t.expose('restartPolicy', { type: Restart, nullable: true }),
      updateConfig: t.expose('updateConfig', { type: Policy, nullable: true }),
      rollbackConfig: t.expose('rollbackConfig', { type: Policy, nullable: true }),
      networks: texts('networks'),
      endpointMode: t.exposeString('endpointMode', { nullable: true, description: 'vip or dnsrr.' }),
      ports: t.field({ type: [Port], nullable: true, resolve: ({ ports }) => copied(ports) }),
    };
  },
});

const env = 'NAME=value. A secret: it goes to the engine and nowhere else. Null: as it is.';
const mayPrivileged =
  'Whether the caller may have bind mounts, added capabilities and the host’s network. The agent refuses them with NOT_ALLOWED where this is false, or where it was started without services:privileged.';

const CreateService = builder.objectRef<Body<'CreateService'>>('CreateService').implement({
  description:
    'POST /services/create. Answers { id, warnings }. Secrets and configs are looked up first: one that is not there is refused with INVALID_ARGUMENT.',
  fields: (t) => ({
    serviceName: t.exposeString('serviceName'),
    everyNode: t.exposeBoolean('everyNode', { description: 'Mode Global; otherwise Replicated.' }),
    parts: t.expose('parts', { type: Parts }),
    env: t.stringList({ nullable: true, description: env, resolve: (body) => copied(body.env) }),
    mayPrivileged: t.exposeBoolean('mayPrivileged', { description: mayPrivileged }),
  }),
});
const UpdateService = builder.objectRef<Body<'UpdateService'>>('UpdateService').implement({
  description:
    'Reads the service, changes only what is given, writes the whole spec with the version read; «update out of sequence» is read and applied anew, at most 8 times. Answers { changed, version, attempts, warnings }; `changed` false: it was so already. What makes a service privileged is judged of the spec as it becomes, unless nothing but labels, replicas and policies changes.',
  fields: (t) => ({
    service: t.exposeID('service'),
    parts: t.expose('parts', { type: Parts }),
    env: t.stringList({ nullable: true, description: env, resolve: (body) => copied(body.env) }),
    forceUpdate: t.exposeBoolean('forceUpdate', { description: 'Adds one to TaskTemplate.ForceUpdate.' }),
    mayPrivileged: t.exposeBoolean('mayPrivileged', { description: mayPrivileged }),
  }),
});
const RollBackService = builder.objectRef<Body<'RollBackService'>>('RollBackService').implement({
  description:
    'POST /services/{id}/update?rollback=previous. Answers { changed: true, version, attempts, warnings }. Without a previous spec: NO_PREVIOUS_SPEC.',
  fields: (t) => ({
    service: t.exposeID('service'),
    mayPrivileged: t.exposeBoolean('mayPrivileged', { description: mayPrivileged }),
  }),
});
const RemoveService = builder.objectRef<Body<'RemoveService'>>('RemoveService').implement({
  description: 'DELETE /services/{id}. Answers { removed: true }. A service that is gone: done.',
  fields: (t) => ({ service: t.exposeID('service') }),
});
const ReadServices = builder.objectRef<Body<'ReadServices'>>('ReadServices').implement({
  description:
    'Read by a manager. Answers { services: GET /services?status=true, each with Privileged: what of it reaches into hosts, in words; tasks, upToDate }. With `ofService` that service alone, all its tasks (GET /tasks) and the ids of those that are as its present spec has them.',
  fields: (t) => ({
    ofService: t.exposeString('ofService', { nullable: true, description: 'Its id or exact name.' }),
  }),
});

/** Members of `CommandBody`. */
export const serviceCommands = [
  CreateService,
  ReadServices,
  RemoveService,
  RollBackService,
  UpdateService,
] as const;
