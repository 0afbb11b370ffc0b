// What the server sends and what the agent answers, as zod shapes and types: the agent's side of agent.graphql.
import * as z from 'zod/mini';
import type { EngineTimes } from './engine-trace.ts';
import { serviceParts } from './service-shapes.ts';

const label = z.object({ key: z.string(), value: z.string() });
const optionalText = z.nullish(z.string());
const probePoint = { address: z.string(), port: z.int(), protocol: z.enum(['tcp', 'udp']) };

/**
 * Each command type of `CommandBody`, with the field names of the document in documents.ts. Two fields that differ
 * in nullability between command types carry an alias there, since GraphQL cannot merge them.
 */
export const commandBody = z.discriminatedUnion('__typename', [
  z.object({
    __typename: z.literal('CreateService'),
    serviceName: z.string(),
    everyNode: z.boolean(),
    parts: serviceParts,
    env: z.nullish(z.array(z.string())),
    mayPrivileged: z.boolean(),
  }),
  z.object({
    __typename: z.literal('AnswerProbes'),
    nonce: z.string(),
    points: z.array(z.object(probePoint)).check(z.maxLength(100)),
    seconds: z.number(),
  }),
  z.object({
    __typename: z.literal('InitSwarm'),
    advertiseAddr: z.string(),
    listenAddr: z.string(),
    dataPathAddr: optionalText,
    dataPathPort: z.nullish(z.int()),
    defaultAddrPool: z.nullish(z.array(z.string())),
    subnetSize: z.nullish(z.int()),
    autolock: z.boolean(),
  }),
  z.object({
    __typename: z.literal('JoinSwarm'),
    token: z.string(),
    remoteAddrs: z.array(z.string()),
    joinAdvertiseAddr: optionalText,
    listenAddr: z.string(),
    dataPathAddr: optionalText,
    availability: z.string(),
    cluster: z.string(),
  }),
  z.object({
    __typename: z.literal('CreateConfig'),
    name: z.string(),
    value: z.string(),
    labels: z.array(label),
  }),
  z.object({
    __typename: z.literal('CreateNetwork'),
    name: z.string(),
    attachable: z.boolean(),
    encrypted: z.boolean(),
    internal: z.boolean(),
    ipv6: z.boolean(),
    subnets: z.array(z.object({ subnet: z.string(), gateway: optionalText, ipRange: optionalText })),
    labels: z.array(label),
  }),
  z.object({
    __typename: z.literal('CreateSecret'),
    name: z.string(),
    value: z.string(),
    labels: z.array(label),
  }),
  z.object({ __typename: z.literal('LeaveSwarm'), nodeId: z.string(), force: z.boolean() }),
  z.object({ __typename: z.literal('ReadCluster') }),
  z.object({ __typename: z.literal('ReadConfigs') }),
  z.object({ __typename: z.literal('ReadContainers') }),
  z.object({ __typename: z.literal('ReadJoinToken'), role: z.enum(['worker', 'manager']) }),
  z.object({ __typename: z.literal('ReadNetworks') }),
  z.object({ __typename: z.literal('ReadSecrets') }),
  z.object({ __typename: z.literal('ReadServices'), ofService: optionalText }),
  z.object({ __typename: z.literal('ReadTasks'), node: z.string() }),
  z.object({ __typename: z.literal('ReadUnlockKey') }),
  z.object({
    __typename: z.literal('RecoverSwarm'),
    nodeId: z.string(),
    advertiseAddr: z.string(),
    listenAddr: z.string(),
    dataPathAddr: optionalText,
  }),
  z.object({ __typename: z.literal('ReadWorkload') }),
  z.object({ __typename: z.literal('RemoveConfig'), config: z.string() }),
  z.object({ __typename: z.literal('RemoveNetwork'), network: z.string() }),
  z.object({ __typename: z.literal('RemoveNode'), node: z.string(), force: z.boolean() }),
  z.object({ __typename: z.literal('RemoveSecret'), secret: z.string() }),
  z.object({ __typename: z.literal('RemoveService'), service: z.string() }),
  z.object({ __typename: z.literal('RollBackService'), service: z.string(), mayPrivileged: z.boolean() }),
  z.object({ __typename: z.literal('RotateJoinToken'), role: z.enum(['worker', 'manager']) }),
  z.object({
    __typename: z.literal('UpdateNode'),
    node: z.string(),
    wantedRole: z.nullish(z.enum(['worker', 'manager'])),
    wantedAvailability: z.nullish(z.enum(['active', 'pause', 'drain'])),
    setLabels: z.array(label),
    removeLabels: z.array(z.string()),
  }),
  z.object({
    __typename: z.literal('UpdateService'),
    service: z.string(),
    parts: serviceParts,
    env: z.nullish(z.array(z.string())),
    forceUpdate: z.boolean(),
    mayPrivileged: z.boolean(),
  }),
  z.object({
    __typename: z.literal('SendProbes'),
    nonce: z.string(),
    probes: z
      .array(z.object({ ...probePoint, source: optionalText, greet: z.boolean() }))
      .check(z.maxLength(2_000)),
    timeoutMs: z.int(),
  }),
  z.object({ __typename: z.literal('UnlockSwarm'), unlockKey: z.string() }),
  z.object({
    __typename: z.literal('UpdateSwarm'),
    wantedAutolock: z.nullish(z.boolean()),
    certificateExpirySeconds: z.nullish(z.int()),
    heartbeatPeriodSeconds: z.nullish(z.int()),
    taskHistoryLimit: z.nullish(z.int()),
    snapshotInterval: z.nullish(z.int()),
    keepOldSnapshots: z.nullish(z.int()),
    forceRotate: z.nullish(z.int()),
    rotateUnlockKey: z.boolean(),
  }),
]);

/** One command's arguments, told apart by `__typename`. */
export type CommandBody = z.infer<typeof commandBody>;

/** The name of a command type. */
export type CommandName = CommandBody['__typename'];

/** The arguments of one command type. */
export type BodyOf<Name extends CommandName> = Extract<CommandBody, { __typename: Name }>;

/** A command as it arrives; the body is checked apart, so that a body that is too new can be refused by name. */
export const commandEnvelope = z.object({
  id: z.string(),
  expiresInMs: z.number(),
  /** Whether the server wants to know which calls of the engine were made. */
  trace: z.optional(z.boolean()),
  body: z.looseObject({ __typename: z.string() }),
});

/** A command whose body is not checked yet. */
export type CommandEnvelope = z.infer<typeof commandEnvelope>;

/** Every value of `FailureCode` in agent.graphql. */
export const failureCodes = [
  'NOT_IN_SWARM',
  'NOT_MANAGER',
  'ALREADY_IN_SWARM',
  'NO_LEADER',
  'HAS_QUORUM',
  'SWARM_LOCKED',
  'OUT_OF_SEQUENCE',
  'LAST_MANAGER',
  'WOULD_LOSE_QUORUM',
  'NOT_IN_RAFT_YET',
  'NODE_NOT_FOUND',
  'NODE_IS_MANAGER',
  'NODE_NOT_DOWN',
  'SERVICE_NOT_FOUND',
  'NO_PREVIOUS_SPEC',
  'LEAVE_NEEDS_DEMOTION',
  'JOIN_TOKEN_INVALID',
  'CA_MISMATCH',
  'UNLOCK_KEY_INVALID',
  'MANAGER_UNREACHABLE',
  'NAME_TAKEN',
  'IN_USE',
  'NOT_FOUND',
  'JOIN_PENDING',
  'INVALID_ARGUMENT',
  'ENGINE_UNREACHABLE',
  'ENGINE_TIMEOUT',
  'ENGINE_BAD_ANSWER',
  'ENGINE_ERROR',
  'NOT_ALLOWED',
  'EXPIRED',
  'INTERRUPTED',
  'JOURNAL_FAILED',
] as const;

/** `FailureCode` of agent.graphql. */
export type FailureCode = (typeof failureCodes)[number];

/** How a command ended: `CompleteInput` without the command's id. */
export const completion = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('DONE'), result: z.unknown() }),
  z.object({
    outcome: z.enum(['FAILED', 'REFUSED', 'UNKNOWN']),
    failure: z.object({ code: z.enum(failureCodes), message: z.string() }),
  }),
]);

/** How a command ended. */
export type Completion = z.infer<typeof completion>;

/** `CompleteInput` of agent.graphql, without the command's id. `seen` and `engine` are never journaled: they are of their moment. */
export type Ending = Completion & {
  readonly seen?: object | undefined;
  readonly engine?: EngineTimes | undefined;
};

/** `ReportInput` of agent.graphql. */
export interface Report {
  readonly agentVersion: string;
  readonly hostname: string;
  readonly bootId: string;
  readonly allow: readonly string[];
  readonly addresses: readonly { interface: string; address: string; prefixLength: number }[];
  readonly engine: EngineReport | null;
  readonly engineFailure: string | null;
  readonly swarm: SwarmReport | null;
  readonly kernel: KernelReport | null;
}

/** `KernelInput` of agent.graphql. Null: it cannot be told. */
export interface KernelReport {
  readonly ipvs: boolean | null;
  readonly esp: boolean | null;
  readonly vxlan: boolean | null;
}

/** `EngineInput` of agent.graphql. */
export interface EngineReport {
  readonly id: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly operatingSystem: string;
  readonly kernelVersion: string;
  readonly osType: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly storageDriver: string;
  readonly labels: readonly string[];
}

/** `SwarmInput` of agent.graphql. */
export interface SwarmReport {
  readonly localState: string;
  readonly nodeId: string | null;
  readonly nodeAddress: string | null;
  readonly controlAvailable: boolean;
  readonly clusterId: string | null;
  readonly caDigest: string | null;
  readonly remoteManagers: readonly { nodeId: string; address: string }[];
  readonly error: string | null;
}

/** `NoticeInput` of agent.graphql. */
export interface Notice {
  readonly nodes: readonly string[];
  readonly gap: boolean;
  /** As the engine answered after the event; others of `nodes` have to be read. */
  readonly seen: readonly object[];
  /** Kinds of other swarm objects that events named, as Docker's words in capitals. Left out: none. */
  readonly objects?: readonly string[];
}
