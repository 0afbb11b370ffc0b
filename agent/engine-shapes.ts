// What the agent reads in the engine's answers, and no more: everything else passes through untouched.
import * as z from 'zod/mini';

// zod's record leaves out a key named __proto__, which swarm takes as a label like any other: writing the spec back
// without it would delete it.
const labels = z.pipe(
  z.custom<Record<string, string> | null | undefined>(
    (value) =>
      value === null ||
      value === undefined ||
      (typeof value === 'object' && Object.values(value).every((text) => typeof text === 'string')),
  ),
  z.transform((value) => value ?? {}),
);

const text = z.nullish(z.string());

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
  Labels: z.nullish(z.array(z.string())),
  Swarm: z.object({
    NodeID: text,
    NodeAddr: text,
    LocalNodeState: z.string(),
    ControlAvailable: z.boolean(),
    Error: text,
    RemoteManagers: z.nullish(z.array(z.object({ NodeID: z.string(), Addr: z.string() }))),
    Cluster: z.nullish(z.object({ ID: text, TLSInfo: z.nullish(z.object({ TrustRoot: text })) })),
  }),
});

/** GET /info, checked. */
export type EngineInfo = z.infer<typeof infoShape>;

/** GET /version. */
export const versionShape = z.object({
  ApiVersion: z.string(),
  MinAPIVersion: z._default(z.string(), '1.12'),
});

/** A node: what UpdateNode changes, and the version that guards it. The spec keeps fields that this agent does not know. */
export const nodeShape = z.looseObject({
  ID: z.string(),
  Version: z.object({ Index: z.number() }),
  Spec: z.looseObject({ Role: z.string(), Availability: z.string(), Labels: labels }),
  ManagerStatus: z.nullish(z.looseObject({ Addr: text })),
});

/** GET /nodes: only counted as nodes, passed on whole. */
export const nodesShape = z.array(z.looseObject({ ID: z.string() }));

/** GET /tasks. */
export const tasksShape = z.array(z.looseObject({ ID: z.string() }));

const reservations = z.nullish(
  z.object({
    Reservations: z.nullish(
      z.object({ NanoCPUs: z.nullish(z.number()), MemoryBytes: z.nullish(z.number()) }),
    ),
  }),
);

/** GET /tasks, as much as tells what runs where: their environment and arguments are left behind. */
export const workloadTasksShape = z.array(
  z.object({
    ID: z.string(),
    ServiceID: text,
    NodeID: text,
    Slot: z.nullish(z.number()),
    Status: z.object({ State: z.string() }),
    Spec: z.nullish(z.object({ Resources: reservations })),
  }),
);

/** GET /services, as much as decides where their tasks may run. */
export const servicesShape = z.array(
  z.object({
    ID: z.string(),
    Spec: z.object({
      Name: z.string(),
      Mode: z.nullish(z.record(z.string(), z.unknown())),
      TaskTemplate: z.object({
        Placement: z.nullish(
          z.object({
            Constraints: z.nullish(z.array(z.string())),
            MaxReplicas: z.nullish(z.number()),
            Platforms: z.nullish(z.array(z.object({ Architecture: text, OS: text }))),
          }),
        ),
        Resources: reservations,
      }),
    }),
  }),
);

/** A service: what is changed of it, and the version that guards it. The spec keeps fields that this agent does not know. */
export const serviceShape = z.looseObject({
  ID: z.string(),
  Version: z.object({ Index: z.number() }),
  Spec: z.looseObject({ Name: z.string() }),
  PreviousSpec: z.nullish(z.looseObject({})),
});

/** GET /services: passed on whole. */
export const serviceListShape = z.array(serviceShape);

/** POST /services/create. */
export const serviceMadeShape = z.object({ ID: z.string(), Warnings: z.nullish(z.array(z.string())) });

/** POST /services/{id}/update. */
export const serviceWrittenShape = z.object({ Warnings: z.nullish(z.array(z.string())) });

/** GET /secrets/{id} and GET /configs/{id}: what it is called. */
export const fileObjectShape = z.object({ ID: z.string(), Spec: z.object({ Name: z.string() }) });

/** GET /networks/{id}. */
export const networkShape = z.object({ Driver: z.string() });

/** GET /containers/json: the running ones. */
export const containersShape = z.array(
  z.object({ Id: z.string(), Names: z.nullish(z.array(z.string())), Labels: labels }),
);

/** GET /swarm. */
export const swarmShape = z.looseObject({
  ID: z.string(),
  Version: z.object({ Index: z.number() }),
  Spec: z.looseObject({}),
  JoinTokens: z.object({ Worker: z.string(), Manager: z.string() }),
});

/** GET /swarm/unlockkey: empty with autolock off. */
export const unlockKeyShape = z.object({ UnlockKey: z.nullish(z.string()) });

/** POST /swarm/init answers the node id as a JSON string. */
export const initShape = z.string().check(z.minLength(1));

/** One line of GET /events. */
export const eventShape = z.object({
  Type: z.string(),
  Actor: z.object({ ID: z.string() }),
});

/** The body of an error answer. */
export const errorShape = z.object({ message: z.string() });
