// A service as the managers have it. Shapes: GET /services of the Docker API.
// https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Service
import * as z from 'zod';

const text = z
  .string()
  .nullish()
  .transform((value) => value || null);
const number = z
  .number()
  .nullish()
  .transform((value) => value ?? null);
const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
const seconds = z
  .number()
  .nullish()
  .transform((nanoseconds) => (nanoseconds == null ? null : nanoseconds / 1e9));
const cpus = seconds;
const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((map) => Object.entries(map ?? {}).map(([key, value]) => ({ key, value })));
const listOf = <T extends z.ZodType>(shape: T) =>
  z
    .array(shape)
    .nullish()
    .transform((list) => list ?? []);

const policy = z
  .object({
    Parallelism: number,
    Delay: seconds,
    FailureAction: text,
    Monitor: seconds,
    MaxFailureRatio: number,
    Order: text,
  })
  .nullish()
  .transform(
    (found) =>
      found && {
        parallelism: found.Parallelism,
        delaySeconds: found.Delay,
        failureAction: found.FailureAction,
        monitorSeconds: found.Monitor,
        maxFailureRatio: found.MaxFailureRatio,
        order: found.Order,
      },
  )
  .transform((found) => found ?? null);

const file = z.object({
  File: z
    .object({ Name: text, UID: text, GID: text, Mode: number })
    .nullish()
    .transform((found) => ({
      fileName: found?.Name ?? null,
      uid: found?.UID ?? null,
      gid: found?.GID ?? null,
      mode: found?.Mode ?? null,
    })),
});
const secret = file
  .extend({ SecretID: z.string(), SecretName: z.string() })
  .transform(({ SecretID: id, SecretName: name, File }) => ({ id, name, ...File }));
const config = file
  .extend({ ConfigID: z.string(), ConfigName: z.string() })
  .transform(({ ConfigID: id, ConfigName: name, File }) => ({ id, name, ...File }));

const mount = z
  .object({ Type: z.string(), Source: text, Target: text, ReadOnly: z.boolean().nullish() })
  .transform((found) => ({
    type: found.Type,
    source: found.Source,
    target: found.Target ?? '',
    readOnly: found.ReadOnly ?? false,
  }));

const port = z
  .object({ Protocol: text, TargetPort: number, PublishedPort: number, PublishMode: text })
  .transform((found) => ({
    protocol: found.Protocol ?? 'tcp',
    target: found.TargetPort ?? 0,
    published: found.PublishedPort,
    mode: found.PublishMode ?? 'ingress',
  }));

const amounts = z.object({ NanoCPUs: cpus, MemoryBytes: number }).nullish();
const resources = z
  .object({ Limits: amounts, Reservations: amounts })
  .nullish()
  .transform((found) => ({
    cpuLimit: found?.Limits?.NanoCPUs ?? null,
    memoryLimitBytes: found?.Limits?.MemoryBytes ?? null,
    cpuReservation: found?.Reservations?.NanoCPUs ?? null,
    memoryReservationBytes: found?.Reservations?.MemoryBytes ?? null,
  }));

const container = z.object({
  Image: text,
  Command: texts,
  Args: texts,
  Env: texts,
  User: text,
  Dir: text,
  StopGracePeriod: seconds,
  Labels: labels,
  Mounts: listOf(mount),
  Secrets: listOf(secret),
  Configs: listOf(config),
  CapabilityAdd: texts,
});
const noContainer = container.parse({});

const networks = listOf(z.object({ Target: z.string() })).transform((list) =>
  list.map(({ Target }) => Target),
);

const template = z.object({
  ContainerSpec: container.nullish().transform((found) => found ?? noContainer),
  Resources: resources,
  RestartPolicy: z
    .object({ Condition: text, Delay: seconds, MaxAttempts: number, Window: seconds })
    .nullish()
    .transform(
      (found) =>
        found && {
          condition: found.Condition,
          delaySeconds: found.Delay,
          maxAttempts: found.MaxAttempts,
          windowSeconds: found.Window,
        },
    ),
  Placement: z
    .object({
      Constraints: texts,
      Preferences: listOf(
        z.object({ Spread: z.object({ SpreadDescriptor: z.string() }).nullish() }),
      ).transform((list) => list.flatMap(({ Spread }) => (Spread ? [Spread.SpreadDescriptor] : []))),
      MaxReplicas: number,
    })
    .nullish(),
  Networks: networks,
});

const modes = [
  ['Replicated', 'REPLICATED'],
  ['Global', 'GLOBAL'],
  ['ReplicatedJob', 'REPLICATED_JOB'],
  ['GlobalJob', 'GLOBAL_JOB'],
] as const;

const spec = z.object({
  Name: z.string(),
  Labels: labels,
  TaskTemplate: template,
  Mode: z.object({
    Replicated: z.object({ Replicas: number }).nullish(),
    Global: z.object({}).nullish(),
    ReplicatedJob: z.object({ TotalCompletions: number, MaxConcurrent: number }).nullish(),
    GlobalJob: z.object({}).nullish(),
  }),
  UpdateConfig: policy,
  RollbackConfig: policy,
  Networks: networks,
  EndpointSpec: z.object({ Mode: text, Ports: listOf(port) }).nullish(),
});

const date = z
  .string()
  .nullish()
  .transform((at) => (at ? new Date(at) : null));

const updateStatus = z
  .object({ State: text, StartedAt: date, CompletedAt: date, Message: text })
  .nullish()
  .transform((found) =>
    found?.State
      ? {
          state: found.State,
          startedAt: found.StartedAt,
          completedAt: found.CompletedAt,
          message: found.Message,
        }
      : null,
  );

/** GET /services, and what the agent says of it beside. */
export const engineService = z
  .object({
    ID: z.string(),
    Version: z.object({ Index: z.number() }),
    CreatedAt: z.string(),
    UpdatedAt: z.string(),
    Spec: spec,
    PreviousSpec: z.object({}).nullish(),
    UpdateStatus: updateStatus,
    ServiceStatus: z.object({ RunningTasks: number, DesiredTasks: number }).nullish(),
    Privileged: texts,
  })
  .transform(({ Spec, ...found }) => {
    const { ContainerSpec, Placement, Resources, RestartPolicy, Networks } = Spec.TaskTemplate;
    return {
      id: found.ID,
      name: Spec.Name,
      labels: Spec.Labels,
      mode: modes.find(([key]) => Spec.Mode[key] != null)?.[1] ?? 'REPLICATED',
      replicas: Spec.Mode.Replicated?.Replicas ?? Spec.Mode.ReplicatedJob?.TotalCompletions ?? null,
      image: ContainerSpec.Image,
      command: ContainerSpec.Command,
      args: ContainerSpec.Args,
      /** NAME=value: secrets. */
      env: ContainerSpec.Env,
      user: ContainerSpec.User,
      workingDirectory: ContainerSpec.Dir,
      stopGraceSeconds: ContainerSpec.StopGracePeriod,
      containerLabels: ContainerSpec.Labels,
      mounts: ContainerSpec.Mounts,
      secrets: ContainerSpec.Secrets,
      configs: ContainerSpec.Configs,
      capabilitiesAdd: ContainerSpec.CapabilityAdd,
      constraints: Placement?.Constraints ?? [],
      preferences: Placement?.Preferences ?? [],
      /** Docker's 0: any number. */
      maxReplicasPerNode: Placement?.MaxReplicas || null,
      resources: Resources,
      restartPolicy: RestartPolicy ?? null,
      updateConfig: Spec.UpdateConfig,
      rollbackConfig: Spec.RollbackConfig,
      networks: Networks.length > 0 ? Networks : Spec.Networks,
      endpointMode: Spec.EndpointSpec?.Mode ?? 'vip',
      ports: Spec.EndpointSpec?.Ports ?? [],
      /** In words, what of it reaches into the hosts that it runs on. */
      privileged: found.Privileged,
      runningTasks: found.ServiceStatus?.RunningTasks ?? null,
      desiredTasks: found.ServiceStatus?.DesiredTasks ?? null,
      updateStatus: found.UpdateStatus,
      canRollBack: found.PreviousSpec != null,
      version: found.Version.Index,
      createdAt: new Date(found.CreatedAt),
      updatedAt: new Date(found.UpdatedAt),
    };
  });

export type Service = z.infer<typeof engineService>;

/** Name of `NAME=value`. */
export const envName = (variable: string): string => variable.split('=')[0] ?? variable;

/** Not set by people, or told apart. */
const observed: ReadonlySet<string> = new Set([
  'id',
  'env',
  'privileged',
  'runningTasks',
  'desiredTasks',
  'updateStatus',
  'canRollBack',
  'version',
  'createdAt',
  'updatedAt',
] satisfies (keyof Service)[]);

/** Whether people set this part of a service. Of an environment: its names. */
export const isSetPart = (part: string): boolean => part === 'env' || !observed.has(part);

/** What people set of it, for the record: of the environment the names alone. */
export const setByPeople = (service: Service): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(service).filter(([key]) => !observed.has(key))),
  env: service.env.map(envName),
});
