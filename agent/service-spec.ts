// A service's spec with some of its parts set anew, and everything else as it was: also what this agent does not know.
import { isDeepStrictEqual } from 'node:util';
import type { Engine } from './engine.ts';
import { CommandFailure } from './failure.ts';
import type { ServiceParts } from './service-shapes.ts';

type Json = Record<string, unknown>;

/** Secrets and configs by what they were asked for, networks by id: the engine wants both id and name. */
export interface References {
  readonly secrets: readonly Json[] | null;
  readonly configs: readonly Json[] | null;
}

const secondNs = 1_000_000_000;
const nanoOf = (value: number): number => Math.round(value * secondNs);

/** @throws CommandFailure INVALID_ARGUMENT for a secret or config that is not there. */
export async function resolveReferences(engine: Engine, parts: ServiceParts): Promise<References> {
  const files = async (
    kind: 'Secret' | 'Config',
    wanted: ServiceParts['secrets'],
    folder: string,
  ): Promise<Json[] | null> => {
    if (wanted == null) return null;
    return await Promise.all(
      wanted.map(async ({ ref, fileName, uid, gid, fileMode }) => {
        const { ID, Spec } = await engine.fileObject(kind, ref).catch((error: unknown) => {
          const isMissing = error instanceof CommandFailure && /not found/.test(error.message);
          throw isMissing ? missing(kind, ref) : error;
        });
        if (ID !== ref && Spec.Name !== ref) throw missing(kind, ref);
        const File = {
          Name: fileName ?? `${folder}${Spec.Name}`,
          UID: uid ?? '0',
          GID: gid ?? '0',
          Mode: fileMode ?? 0o444,
        };
        return { [`${kind}ID`]: ID, [`${kind}Name`]: Spec.Name, File };
      }),
    );
  };
  const [secrets, configs] = await Promise.all([
    // Docker mounts a secret below /run/secrets, a config below the root.
    files('Secret', parts.secrets, ''),
    files('Config', parts.configs, '/'),
  ]);
  return { secrets, configs };
}

/** Whether tasks would be other than they are: what is run, not how many of it. */
export function isWorkloadChange(before: object, after: object): boolean {
  return !isDeepStrictEqual((before as Json).TaskTemplate, (after as Json).TaskTemplate);
}

/** The spec with what is given; a part that is null stays as it is. */
export function withParts(
  spec: object,
  parts: ServiceParts,
  env: readonly string[] | null,
  { secrets, configs }: References,
  forceUpdate = false,
): Json {
  const before = spec as Json;
  const task = part(before.TaskTemplate);
  const container = set(part(task.ContainerSpec), {
    Image: parts.image,
    Command: parts.command,
    Args: parts.args,
    Env: env,
    User: parts.user,
    Dir: parts.workingDirectory,
    StopGracePeriod: maybe(parts.stopGraceSeconds, nanoOf),
    Labels: maybe(parts.containerLabels, labelsOf),
    Mounts: maybe(parts.mounts, (mounts) => mounts.map(mountOf)),
    Secrets: secrets,
    Configs: configs,
    CapabilityAdd: parts.capabilitiesAdd,
  });
  const placement = set(part(task.Placement), {
    Constraints: parts.constraints,
    Preferences: maybe(parts.preferences, (list) =>
      list.map((SpreadDescriptor) => ({ Spread: { SpreadDescriptor } })),
    ),
    MaxReplicas: parts.maxReplicasPerNode,
  });
  const template = set(task, {
    ContainerSpec: container,
    Placement: filled(task.Placement, placement),
    Resources: filled(task.Resources, resourcesOf(part(task.Resources), parts.resources)),
    RestartPolicy: filled(
      task.RestartPolicy,
      set(part(task.RestartPolicy), {
        Condition: parts.restartPolicy?.condition,
        Delay: maybe(parts.restartPolicy?.delaySeconds, nanoOf),
        MaxAttempts: parts.restartPolicy?.maxAttempts,
        Window: maybe(parts.restartPolicy?.windowSeconds, nanoOf),
      }),
    ),
    Networks: maybe(parts.networks, (list) => list.map((Target) => ({ Target }))),
    ForceUpdate: forceUpdate ? Number(task.ForceUpdate ?? 0) + 1 : null,
  });
  const mode = part(before.Mode);
  const replicated = 'Replicated' in mode && parts.replicas != null;
  return set(before, {
    Labels: maybe(parts.labels, labelsOf),
    TaskTemplate: template,
    Mode: replicated ? { ...mode, Replicated: { ...part(mode.Replicated), Replicas: parts.replicas } } : null,
    UpdateConfig: filled(before.UpdateConfig, policyOf(part(before.UpdateConfig), parts.updateConfig)),
    RollbackConfig: filled(
      before.RollbackConfig,
      policyOf(part(before.RollbackConfig), parts.rollbackConfig),
    ),
    EndpointSpec: filled(
      before.EndpointSpec,
      set(part(before.EndpointSpec), {
        Mode: parts.endpointMode,
        Ports: maybe(parts.ports, (ports) => ports.map(portOf)),
      }),
    ),
  });
}

function policyOf(before: Json, policy: ServiceParts['updateConfig']): Json {
  return set(before, {
    Parallelism: policy?.parallelism,
    Delay: maybe(policy?.delaySeconds, nanoOf),
    FailureAction: policy?.failureAction,
    Monitor: maybe(policy?.monitorSeconds, nanoOf),
    MaxFailureRatio: policy?.maxFailureRatio,
    Order: policy?.order,
  });
}

function resourcesOf(before: Json, wanted: ServiceParts['resources']): Json {
  const limits = set(part(before.Limits), {
    NanoCPUs: maybe(wanted?.cpuLimit, nanoOf),
    MemoryBytes: wanted?.memoryLimitBytes,
  });
  const reservations = set(part(before.Reservations), {
    NanoCPUs: maybe(wanted?.cpuReservation, nanoOf),
    MemoryBytes: wanted?.memoryReservationBytes,
  });
  return set(before, {
    Limits: filled(before.Limits, limits),
    Reservations: filled(before.Reservations, reservations),
  });
}

function mountOf(mount: NonNullable<ServiceParts['mounts']>[number]): Json {
  return set(
    { Type: mount.kind, Target: mount.path },
    { Source: mount.source, ReadOnly: mount.readOnly ? true : null },
  );
}

function portOf(port: NonNullable<ServiceParts['ports']>[number]): Json {
  return set(
    { Protocol: port.protocol, TargetPort: port.targetPort, PublishMode: port.publishMode },
    { PublishedPort: port.publishedPort },
  );
}

function labelsOf(labels: readonly { key: string; value: string }[]): Json {
  return Object.fromEntries(labels.map(({ key, value }) => [key, value]));
}

function missing(kind: string, ref: string): CommandFailure {
  return new CommandFailure('REFUSED', 'INVALID_ARGUMENT', `the cluster has no ${kind.toLowerCase()} ${ref}`);
}

function part(value: unknown): Json {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** With those values that are there. */
function set(before: Json, values: Json): Json {
  return { ...before, ...Object.fromEntries(Object.entries(values).filter(([, value]) => value != null)) };
}

/** An object that the spec did not have is not put into it empty. */
function filled(before: unknown, value: Json): Json | null {
  return before == null && Object.keys(value).length === 0 ? null : value;
}

function maybe<T, R>(value: T | null | undefined, make: (value: T) => R): R | null {
  return value == null ? null : make(value);
}
