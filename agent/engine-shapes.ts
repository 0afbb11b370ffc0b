// What the agent reads in the engine's answers, and no more: everything else passes through untouched.
import { z } from 'zod';

// zod's record leaves out a key named __proto__, which swarm takes as a label like any other: writing the spec back
// without it would delete it.
const labels = z
  .custom<Record<string, string>>(
    (value) =>
      value === null ||
      value === undefined ||
      (typeof value === 'object' && Object.values(value).every((text) => typeof text === 'string')),
  )
  .transform((value) => value ?? {});

const text = z.string().nullish();

/** GET /info. */
export const infoShape = z.object({
  ID: z.string(),
  Name: z.string(),
  ServerVersion: z.string(),
  OperatingSystem: z.string(),
  KernelVersion: z.string(),
  OSType: z.string(),
  Architecture: z.string(),
  NCPU: z.number(),
  MemTotal: z.number(),
  Driver: z.string(),
  Labels: z.array(z.string()).nullish(),
  Swarm: z.object({
    NodeID: text,
    NodeAddr: text,
    LocalNodeState: z.string(),
    ControlAvailable: z.boolean(),
    Error: text,
    RemoteManagers: z.array(z.object({ NodeID: z.string(), Addr: z.string() })).nullish(),
    Cluster: z.object({ ID: text, TLSInfo: z.object({ TrustRoot: text }).nullish() }).nullish(),
  }),
});

/** GET /info, checked. */
export type EngineInfo = z.infer<typeof infoShape>;

/** GET /version. */
export const versionShape = z.object({ ApiVersion: z.string(), MinAPIVersion: z.string().default('1.12') });

/** A node: what UpdateNode changes, and the version that guards it. The spec keeps fields that this agent does not know. */
export const nodeShape = z.looseObject({
  ID: z.string(),
  Version: z.object({ Index: z.number() }),
  Spec: z.looseObject({ Role: z.string(), Availability: z.string(), Labels: labels }),
  ManagerStatus: z.looseObject({ Addr: text }).nullish(),
});

/** GET /nodes: only counted as nodes, passed on whole. */
export const nodesShape = z.array(z.looseObject({ ID: z.string() }));

/** GET /tasks. */
export const tasksShape = z.array(z.looseObject({ ID: z.string() }));

const reservations = z
  .object({
    Reservations: z.object({ NanoCPUs: z.number().nullish(), MemoryBytes: z.number().nullish() }).nullish(),
  })
  .nullish();

/** GET /tasks, as much as tells what runs where: their environment and arguments are left behind. */
export const workloadTasksShape = z.array(
  z.object({
    ID: z.string(),
    ServiceID: text,
    NodeID: text,
    Slot: z.number().nullish(),
    Status: z.object({ State: z.string() }),
    Spec: z.object({ Resources: reservations }).nullish(),
  }),
);

/** GET /services, as much as decides where their tasks may run. */
export const servicesShape = z.array(
  z.object({
    ID: z.string(),
    Spec: z.object({
      Name: z.string(),
      Mode: z.record(z.string(), z.unknown()).nullish(),
      TaskTemplate: z.object({
        Placement: z
          .object({
            Constraints: z.array(z.string()).nullish(),
            MaxReplicas: z.number().nullish(),
            Platforms: z.array(z.object({ Architecture: text, OS: text })).nullish(),
          })
          .nullish(),
        Resources: reservations,
      }),
    }),
  }),
);

/** GET /containers/json: the running ones. */
export const containersShape = z.array(
  z.object({ Id: z.string(), Names: z.array(z.string()).nullish(), Labels: labels }),
);

/** GET /swarm. */
export const swarmShape = z.looseObject({
  ID: z.string(),
  Version: z.object({ Index: z.number() }),
  Spec: z.looseObject({}),
  JoinTokens: z.object({ Worker: z.string(), Manager: z.string() }),
});

/** GET /swarm/unlockkey: empty with autolock off. */
export const unlockKeyShape = z.object({ UnlockKey: z.string().nullish() });

/** POST /swarm/init answers the node id as a JSON string. */
export const initShape = z.string().min(1);

/** One line of GET /events. */
export const eventShape = z.object({
  Type: z.string(),
  Actor: z.object({ ID: z.string() }),
});

/** The body of an error answer. */
export const errorShape = z.object({ message: z.string() });
