// A service, as Docker has it.
import { builder } from '../../graphql/builder.ts';
import { LabelRef } from '../../nodes/schema/node.ts';
import { TaskRef } from '../../nodes/schema/task.ts';
import { envName, type Service } from '../swarm-service.ts';
import { ServiceModeEnum } from './enums.ts';

/** A service with the cluster that it is of. */
export type ServiceView = Service & { clusterId: string };

const nullable = { nullable: true } as const;
type Of<Name extends keyof Service> = NonNullable<Service[Name]>;

const EnvRef = builder.objectRef<{ name: string; value: string | null }>('EnvironmentVariable').implement({
  fields: (t) => ({
    name: t.exposeString('name'),
    value: t.string({
      nullable: true,
      authScopes: { permission: 'service:write' },
      unauthorizedResolver: () => null,
      description: 'Null without the permission service:write, and in events, which keep names alone.',
      resolve: ({ value }) => value,
    }),
  }),
});
const MountRef = builder.objectRef<Of<'mounts'>[number]>('Mount').implement({
  fields: (t) => ({
    type: t.string({
      description: 'BIND, VOLUME, TMPFS, or another word of Docker’s in capitals.',
      resolve: ({ type }) => type.toUpperCase(),
    }),
    source: t.exposeString('source', nullable),
    target: t.exposeString('target'),
    readOnly: t.exposeBoolean('readOnly'),
  }),
});
const FileRef = builder.objectRef<Of<'secrets'>[number]>('ServiceFileReference').implement({
  description: 'A secret or config that tasks have as a file; never what is in it.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    fileName: t.exposeString('fileName', nullable),
    uid: t.exposeString('uid', nullable),
    gid: t.exposeString('gid', nullable),
    mode: t.exposeInt('mode', { nullable: true, description: 'As a number: 0444 is 292.' }),
  }),
});
const ResourcesRef = builder.objectRef<Of<'resources'>>('ServiceResourceAmounts').implement({
  description: 'Of each task; null: none.',
  fields: (t) => ({
    cpuLimit: t.exposeFloat('cpuLimit', { nullable: true, description: 'CPUs.' }),
    memoryLimitBytes: t.exposeFloat('memoryLimitBytes', nullable),
    cpuReservation: t.exposeFloat('cpuReservation', { nullable: true, description: 'CPUs.' }),
    memoryReservationBytes: t.exposeFloat('memoryReservationBytes', nullable),
  }),
});
const RestartRef = builder.objectRef<Of<'restartPolicy'>>('RestartPolicy').implement({
  fields: (t) => ({
    condition: t.string({
      nullable: true,
      description: 'NONE, ON_FAILURE or ANY.',
      resolve: ({ condition }) => condition?.toUpperCase().replaceAll('-', '_') ?? null,
    }),
    delaySeconds: t.exposeFloat('delaySeconds', nullable),
    maxAttempts: t.exposeInt('maxAttempts', nullable),
    windowSeconds: t.exposeFloat('windowSeconds', nullable),
  }),
});
const PolicyRef = builder.objectRef<Of<'updateConfig'>>('UpdatePolicy').implement({
  description: 'https://docs.docker.com/engine/swarm/services/#configure-a-services-update-behavior',
  fields: (t) => ({
    parallelism: t.exposeInt('parallelism', { nullable: true, description: '0: all at once.' }),
    delaySeconds: t.exposeFloat('delaySeconds', nullable),
    failureAction: t.string({
      nullable: true,
      description: 'PAUSE, CONTINUE or ROLLBACK.',
      resolve: ({ failureAction }) => failureAction?.toUpperCase() ?? null,
    }),
    monitorSeconds: t.exposeFloat('monitorSeconds', nullable),
    maxFailureRatio: t.exposeFloat('maxFailureRatio', nullable),
    order: t.string({
      nullable: true,
      description: 'STOP_FIRST or START_FIRST.',
      resolve: ({ order }) => order?.toUpperCase().replaceAll('-', '_') ?? null,
    }),
  }),
});
const PortRef = builder.objectRef<Of<'ports'>[number]>('PublishedPort').implement({
  fields: (t) => ({
    target: t.exposeInt('target', { description: 'In the container.' }),
    published: t.exposeInt('published', { nullable: true, description: 'Null: the engine chooses.' }),
    protocol: t.string({ resolve: ({ protocol }) => protocol.toUpperCase() }),
    mode: t.string({ description: 'INGRESS or HOST.', resolve: ({ mode }) => mode.toUpperCase() }),
  }),
});
const UpdateStatusRef = builder.objectRef<Of<'updateStatus'>>('ServiceUpdateStatus').implement({
  description: 'Of the newest update or rollback.',
  fields: (t) => ({
    state: t.string({
      description:
        'UPDATING, PAUSED, COMPLETED, ROLLBACK_STARTED, ROLLBACK_PAUSED or ROLLBACK_COMPLETED: Docker’s words in capitals.',
      resolve: ({ state }) => state.toUpperCase(),
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true }),
    completedAt: t.expose('completedAt', { type: 'DateTime', nullable: true }),
    message: t.exposeString('message', nullable),
  }),
});

export const ServiceRef = builder.objectRef<ServiceView>('Service').implement({
  description: 'A service of a swarm, as Docker has it, read live.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    clusterId: t.exposeID('clusterId'),
    labels: t.field({ type: [LabelRef], resolve: ({ labels }) => labels }),
    mode: t.expose('mode', { type: ServiceModeEnum }),
    replicas: t.exposeInt('replicas', { nullable: true, description: 'Null: a global service.' }),
    image: t.exposeString('image', nullable),
    command: t.exposeStringList('command', { description: 'What the image’s entry point is replaced by.' }),
    args: t.exposeStringList('args'),
    user: t.exposeString('user', nullable),
    workingDirectory: t.exposeString('workingDirectory', nullable),
    stopGraceSeconds: t.exposeFloat('stopGraceSeconds', nullable),
    env: t.field({
      type: [EnvRef],
      resolve: ({ env }) =>
        env.map((variable) => {
          const name = envName(variable);
          return { name, value: variable === name ? null : variable.slice(name.length + 1) };
        }),
    }),
    containerLabels: t.field({ type: [LabelRef], resolve: ({ containerLabels }) => containerLabels }),
    mounts: t.field({ type: [MountRef], resolve: ({ mounts }) => mounts }),
    secrets: t.field({ type: [FileRef], resolve: ({ secrets }) => secrets }),
    configs: t.field({ type: [FileRef], resolve: ({ configs }) => configs }),
    capabilitiesAdd: t.exposeStringList('capabilitiesAdd'),
    privileged: t.exposeStringList('privileged', {
      description:
        'In words, what of it reaches into the hosts that it runs on: bind mounts, capabilities, the host’s network. Empty: nothing.',
    }),
    constraints: t.exposeStringList('constraints'),
    preferences: t.exposeStringList('preferences', { description: 'Labels that its tasks are spread over.' }),
    maxReplicasPerNode: t.exposeInt('maxReplicasPerNode', {
      nullable: true,
      description: 'Null: any number.',
    }),
    resources: t.expose('resources', { type: ResourcesRef }),
    restartPolicy: t.expose('restartPolicy', { type: RestartRef, nullable: true }),
    updateConfig: t.expose('updateConfig', { type: PolicyRef, nullable: true }),
    rollbackConfig: t.expose('rollbackConfig', { type: PolicyRef, nullable: true }),
    networks: t.exposeStringList('networks', { description: 'Ids.' }),
    endpointMode: t.string({
      description: 'VIP or DNSRR.',
      resolve: ({ endpointMode }) => endpointMode.toUpperCase(),
    }),
    ports: t.field({ type: [PortRef], resolve: ({ ports }) => ports }),
    desiredTasks: t.exposeInt('desiredTasks', nullable),
    runningTasks: t.exposeInt('runningTasks', nullable),
    updateStatus: t.expose('updateStatus', {
      type: UpdateStatusRef,
      nullable: true,
      description: 'Null: it was made or changed without other tasks being needed.',
    }),
    canRollBack: t.exposeBoolean('canRollBack', {
      description:
        'Whether there is a spec before this one. After a rollback that was asked for it is the one that was left; after one that the managers made by themselves there is none.',
    }),
    version: t.exposeInt('version', { description: 'Docker’s Version.Index.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    tasks: t.field({
      type: [TaskRef],
      nullable: true,
      description:
        'Those that the managers remember, the newest first; null with an error where the read fails.',
      extensions: { cost: 500 },
      resolve: async ({ clusterId, id }, _, { services }) => {
        const found = await services.one(clusterId, id);
        return (found?.tasks ?? []).toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
      },
    }),
  }),
});

type Counted = { totalCount: number };
export const ServiceConnection = builder.connectionObject({
  type: ServiceRef,
  name: 'ServiceConnection',
  fields: (t) => ({
    totalCount: t.int({
      description: 'Of all that match.',
      resolve: (page) => (page as unknown as Counted).totalCount,
    }),
  }),
});
