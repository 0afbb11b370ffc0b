// What an answer of the Engine API must hold at least; parsing it is part of the contract.
import { z } from 'zod';

/** An error's body. */
export const messageShape = z.object({ message: z.string() });

const id = z.string().regex(/^[0-9a-z]{25}$/);
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/);
const version = z.object({ Index: z.number().int().positive() });
const tlsInfo = z.object({
  TrustRoot: z.string().startsWith('-----BEGIN CERTIFICATE-----\n'),
  CertIssuerSubject: z.string(),
  CertIssuerPublicKey: z.string(),
});

/** `Spec` of a node. */
const nodeSpecShape = z.object({
  Name: z.string().optional(),
  Labels: z.record(z.string(), z.string()),
  Role: z.enum(['worker', 'manager']),
  Availability: z.enum(['active', 'pause', 'drain']),
});

/** An item of GET /nodes. */
export const nodeShape = z.object({
  ID: id,
  Version: version,
  CreatedAt: time,
  UpdatedAt: time,
  Spec: nodeSpecShape,
  Description: z.object({
    Hostname: z.string(),
    Platform: z.object({ Architecture: z.string(), OS: z.literal('linux') }),
    Resources: z.object({ NanoCPUs: z.number(), MemoryBytes: z.number() }),
    Engine: z.object({
      EngineVersion: z.string(),
      Plugins: z.array(z.object({ Type: z.string(), Name: z.string() })),
    }),
    TLSInfo: tlsInfo,
  }),
  Status: z.object({
    State: z.enum(['unknown', 'down', 'ready', 'disconnected']),
    Message: z.string().optional(),
    Addr: z.string(),
  }),
  ManagerStatus: z
    .object({
      Leader: z.literal(true).optional(),
      Reachability: z.enum(['unknown', 'unreachable', 'reachable']),
      Addr: z.string(),
    })
    .optional(),
});
/** A node as the engine tells it. */
export type EngineNode = z.infer<typeof nodeShape>;

const clusterShape = z.object({
  ID: id,
  Version: version,
  CreatedAt: time,
  UpdatedAt: time,
  Spec: z.looseObject({
    Name: z.literal('default'),
    Labels: z.record(z.string(), z.string()),
    Orchestration: z.looseObject({}),
    Raft: z.looseObject({}),
    Dispatcher: z.looseObject({ HeartbeatPeriod: z.number().optional() }),
    CAConfig: z.looseObject({ ForceRotate: z.number().optional() }),
    EncryptionConfig: z.object({ AutoLockManagers: z.boolean() }),
  }),
  TLSInfo: tlsInfo,
  RootRotationInProgress: z.boolean(),
  DefaultAddrPool: z.array(z.string()),
  SubnetSize: z.number(),
  DataPathPort: z.number(),
});

/** GET /swarm. */
export const swarmShape = clusterShape.extend({
  JoinTokens: z.object({
    Worker: z.string().regex(/^SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}$/),
    Manager: z.string().regex(/^SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}$/),
  }),
});
/** The swarm as the engine tells it. */
export type EngineSwarm = z.infer<typeof swarmShape>;

/** GET /info, as far as Skep reads it. */
export const infoShape = z.object({
  ID: z.string().min(1),
  Name: z.string(),
  ServerVersion: z.string(),
  OperatingSystem: z.string(),
  KernelVersion: z.string(),
  OSType: z.literal('linux'),
  Architecture: z.string(),
  NCPU: z.number(),
  MemTotal: z.number(),
  Driver: z.string(),
  Labels: z.array(z.string()).nullable(),
  Swarm: z.object({
    NodeID: z.string(),
    NodeAddr: z.string(),
    LocalNodeState: z.enum(['inactive', 'pending', 'active', 'error', 'locked']),
    ControlAvailable: z.boolean(),
    Error: z.string(),
    RemoteManagers: z.array(z.object({ NodeID: id.or(z.literal('')), Addr: z.string() })).nullable(),
    Nodes: z.number().optional(),
    Managers: z.number().optional(),
    // Without a leader the engine puts a cluster without an id there.
    Cluster: z.union([clusterShape, z.looseObject({ ID: z.literal('') })]).optional(),
  }),
});
/** The engine as it tells of itself. */
export type EngineInfo = z.infer<typeof infoShape>;

/** A node event of GET /events. */
export const eventShape = z.object({
  Type: z.literal('node'),
  Action: z.enum(['create', 'update', 'remove']),
  Actor: z.object({ ID: id, Attributes: z.record(z.string(), z.string()) }),
  scope: z.literal('swarm'),
  time: z.number().int(),
  timeNano: z.string(),
});
/** An event as the engine tells it. */
export type EngineEvent = z.infer<typeof eventShape>;

/** An item of GET /tasks. */
export const taskShape = z.object({
  ID: id,
  ServiceID: id,
  NodeID: z.string().optional(),
  Slot: z.number().optional(),
  Status: z.object({ State: z.string(), Err: z.string().optional() }),
  DesiredState: z.string(),
});

/** An item of GET /services, as far as a drain's preview reads it. */
export const serviceShape = z.object({
  ID: id,
  Spec: z.object({
    Name: z.string(),
    Mode: z.record(z.string(), z.unknown()),
    TaskTemplate: z.object({
      Placement: z.object({ Constraints: z.array(z.string()).optional() }).optional(),
    }),
  }),
});

/** An item of GET /containers/json. */
export const containerShape = z.object({
  Id: z.string(),
  Names: z.array(z.string().startsWith('/')),
  Labels: z.record(z.string(), z.string()),
});
