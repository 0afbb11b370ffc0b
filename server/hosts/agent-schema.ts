// The agents' schema (agent.graphql): what an agent and the server say to each other. Descriptions are the contract.
import SchemaBuilder from '@pothos/core';
import type { GraphQLSchema } from 'graphql';
import type { SignedHead } from '../audit/head.ts';
import { Failure } from '../platform/failure.ts';
import type { Branches } from './branches.ts';
import type { CommandOutcome, Commands } from './commands.ts';
import type { Enrolments } from './enrolments.ts';
import type { Report } from './host.ts';
import { report } from './host.ts';
import type { CommandBody, Envelope, Link } from './links.ts';
import type { AttachClaim } from './proofs.ts';
import type { ServerIdentity } from './server-identity.ts';
import type { HeadNotice, Witnesses } from './witness.ts';

/** What a connection of an agent may use; `link` is null until `attach` succeeded. */
export type AgentContext = {
  version: string;
  sourceAddress: string | null;
  identity: ServerIdentity;
  enrolments: Enrolments;
  commands: Commands;
  witnesses: Pick<Witnesses, 'notices' | 'said'>;
  link: () => Link | null;
  attach: (signature: string, claim: AttachClaim) => Promise<{ host: string; recall: boolean }>;
  recalled: Branches['recalled'];
  report: (hostId: string, report: Report) => Promise<void>;
  notice: (hostId: string, notice: { nodes: readonly string[]; gap: boolean }) => void;
};

/** Seconds between two pings, each way. */
export const heartbeatSeconds = 10;

const builder = new SchemaBuilder<{
  Context: AgentContext;
  Scalars: { ID: { Input: string; Output: string }; JSON: { Input: unknown; Output: unknown } };
  DefaultFieldNullability: false;
}>({
  defaultFieldNullability: false,
  // Asked for by the types alone: the plugin is the other schema's, and here `attached` is the one rule.
  scopeAuth: { authScopes: () => ({}) },
});

/** @throws Failure UNAUTHENTICATED before `attach`. */
const attached = (context: AgentContext): Link => {
  const link = context.link();
  if (!link || link.ended.aborted)
    throw new Failure('UNAUTHENTICATED', 'attach first', 'send attach(signature) before anything else');
  return link;
};

builder.scalarType('JSON', { serialize: (value) => value, parseValue: (value) => value });

const FailureCode = builder.enumType('FailureCode', {
  description:
    'What went wrong, from the engine’s status and text (its status codes alone mislead). Open: expect new values.',
  values: {
    NOT_IN_SWARM: { description: 'The host is in no swarm.' },
    NOT_MANAGER: { description: 'The host is a worker: it cannot read or change the cluster.' },
    ALREADY_IN_SWARM: { description: 'The host is a member of a swarm already, or a join is still pending.' },
    NO_LEADER: { description: 'The managers have no leader: quorum is lost, or an election runs.' },
    HAS_QUORUM: { description: 'The engine sees a leader: there is nothing to recover.' },
    SWARM_LOCKED: { description: 'Autolock: the manager waits for its unlock key.' },
    OUT_OF_SEQUENCE: { description: 'The object changed since it was read, again and again.' },
    LAST_MANAGER: { description: 'It is the only manager.' },
    WOULD_LOSE_QUORUM: { description: 'The raft group would lose its majority.' },
    NOT_IN_RAFT_YET: { description: 'Just promoted, not in the raft group yet.' },
    NODE_NOT_FOUND: {},
    NODE_IS_MANAGER: {},
    NODE_NOT_DOWN: {},
    LEAVE_NEEDS_DEMOTION: { description: 'The host is a manager: a leave would break the raft group.' },
    JOIN_TOKEN_INVALID: {},
    CA_MISMATCH: { description: 'The token belongs to another cluster.' },
    UNLOCK_KEY_INVALID: { description: 'The unlock key is not the one that the manager was locked with.' },
    MANAGER_UNREACHABLE: { description: 'No manager answers at the address.' },
    JOIN_PENDING: { description: 'The engine goes on trying by itself; leave before another join.' },
    INVALID_ARGUMENT: {},
    ENGINE_UNREACHABLE: {
      description: 'The engine’s socket does not answer at all; the call never reached it.',
    },
    ENGINE_TIMEOUT: { description: 'No answer in time: it may have happened.' },
    ENGINE_BAD_ANSWER: { description: 'An answer that is not what the Docker API promises.' },
    ENGINE_ERROR: { description: 'Any other refusal of the engine.' },
    NOT_ALLOWED: { description: 'The agent was started without this command in its allow list.' },
    EXPIRED: { description: 'The command was older than it may be.' },
    JOURNAL_FAILED: { description: 'The agent could not write its journal: nothing was sent to the engine.' },
    INTERRUPTED: { description: 'The agent was stopped between sending the call and hearing the answer.' },
  } as const,
});

const CommandOutcomeEnum = builder.enumType('CommandOutcome', {
  values: {
    DONE: { description: 'Carried out: the engine said yes, or it was so already.' },
    FAILED: { description: 'The engine said no, nothing changed.' },
    REFUSED: {
      description:
        'The agent may or does not carry this out (allow list, too old), nothing was sent to the engine.',
    },
    UNKNOWN: { description: 'Sent to the engine, no answer known: it may have happened, or may still.' },
  } as const,
});

const ServerIdentityType = builder
  .objectRef<{ id: string; publicKey: string; version: string }>('ServerIdentity')
  .implement({
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Id of this installation.' }),
      publicKey: t.exposeString('publicKey', { description: 'Ed25519 public key, SPKI DER in base64url.' }),
      version: t.exposeString('version'),
    }),
  });

const EnrolInput = builder.inputType('EnrolInput', {
  fields: (t) => ({
    secret: t.string({
      required: true,
      description: '`id.secret` of the enrolment (the part before the server’s pin).',
    }),
    publicKey: t.string({
      required: true,
      description: 'The agent’s Ed25519 public key, SPKI DER in base64url.',
    }),
    hostname: t.string({ required: true }),
    engineId: t.string(),
  }),
});

const EnrolPayload = builder.objectRef<{ host: string; name: string }>('EnrolPayload').implement({
  fields: (t) => ({ host: t.exposeID('host'), name: t.exposeString('name') }),
});

const AttachPayload = builder.objectRef<{ host: string; recall: boolean }>('AttachPayload').implement({
  fields: (t) => ({
    host: t.exposeID('host'),
    recall: t.exposeBoolean('recall', {
      description:
        'The server’s database was restored to before what this agent has seen: send the journal by `recall`.',
    }),
    heartbeatSeconds: t.int({
      description: 'Seconds between two pings, each way; two without an answer end the connection.',
      resolve: () => heartbeatSeconds,
    }),
  }),
});

const AddressInput = builder.inputType('AddressInput', {
  fields: (t) => ({
    interface: t.string({ required: true }),
    address: t.string({ required: true }),
    prefixLength: t.int({ required: true }),
  }),
});

const EngineInput = builder.inputType('EngineInput', {
  fields: (t) => ({
    id: t.id({ required: true, description: '`ID` of GET /info.' }),
    version: t.string({ required: true }),
    apiVersion: t.string({ required: true }),
    minApiVersion: t.string({ required: true }),
    operatingSystem: t.string({ required: true }),
    kernelVersion: t.string({ required: true }),
    osType: t.string({ required: true }),
    architecture: t.string({ required: true }),
    cpus: t.float({ required: true }),
    memoryBytes: t.float({ required: true }),
    storageDriver: t.string({ required: true }),
    labels: t.stringList({ required: true, description: 'Engine labels (daemon.json), each `key=value`.' }),
  }),
});

const RemoteManagerInput = builder.inputType('RemoteManagerInput', {
  fields: (t) => ({ nodeId: t.id({ required: true }), address: t.string({ required: true }) }),
});

const SwarmInput = builder.inputType('SwarmInput', {
  description: 'The `Swarm` part of GET /info.',
  fields: (t) => ({
    localState: t.string({ required: true, description: 'INACTIVE, PENDING, ACTIVE, ERROR or LOCKED.' }),
    nodeId: t.id(),
    nodeAddress: t.string(),
    controlAvailable: t.boolean({ required: true }),
    clusterId: t.id({ description: 'Swarm id: only a manager knows it.' }),
    caDigest: t.string({
      description: 'SHA-256, hex, of the cluster’s root certificate: only a manager knows it.',
    }),
    remoteManagers: t.field({
      type: [RemoteManagerInput],
      required: true,
      description: '`id@address` of each manager that the engine knows of.',
    }),
    error: t.string({ description: 'The engine’s own trouble, for example that there is no leader.' }),
  }),
});

const ReportInput = builder.inputType('ReportInput', {
  fields: (t) => ({
    agentVersion: t.string({ required: true }),
    hostname: t.string({ required: true }),
    bootId: t.string({ required: true, description: 'Changes when the machine is started anew.' }),
    allow: t.stringList({
      required: true,
      description: 'Names of the command types (members of `CommandBody`) that this agent carries out.',
    }),
    addresses: t.field({ type: [AddressInput], required: true }),
    engine: t.field({ type: EngineInput, description: 'Null while the engine does not answer.' }),
    engineFailure: t.string({ description: 'Why `engine` is null.' }),
    swarm: t.field({ type: SwarmInput, description: 'Null while the engine does not answer.' }),
  }),
});

const FailureInput = builder.inputType('FailureInput', {
  fields: (t) => ({
    code: t.field({ type: FailureCode, required: true }),
    message: t.string({ required: true, description: 'The engine’s words, without secrets.' }),
  }),
});

const CompleteInput = builder.inputType('CompleteInput', {
  fields: (t) => ({
    command: t.id({ required: true }),
    outcome: t.field({ type: CommandOutcomeEnum, required: true }),
    result: t.field({
      type: 'JSON',
      description: 'What the command’s type says that it answers; null unless DONE.',
    }),
    failure: t.field({ type: FailureInput, description: 'Null when DONE.' }),
  }),
});

const RecalledInput = builder.inputType('RecalledInput', {
  fields: (t) => ({
    id: t.id({ required: true }),
    kind: t.string({ required: true }),
    at: t.float({ required: true, description: 'When it was accepted: milliseconds since 1970.' }),
    outcome: t.field({ type: CommandOutcomeEnum, description: 'Null: it has no result.' }),
    args: t.field({ type: 'JSON', description: 'Without secrets.' }),
  }),
});

const NoticeInput = builder.inputType('NoticeInput', {
  fields: (t) => ({
    nodes: t.idList({
      required: true,
      description: 'Ids of the nodes that events named; empty: something else of the swarm.',
    }),
    gap: t.boolean({
      required: true,
      description: 'The stream was broken and has just begun anew: events may be missing.',
    }),
  }),
});

const headSignature =
  'Ed25519, base64url, over the UTF-8 text "skep-audit-head-v1" and server, generation, seq, hash and at, each after a line feed.';

const AuditHead = builder.objectRef<SignedHead>('AuditHead').implement({
  description: 'What the server’s history is at one record: its hash there covers all before.',
  fields: (t) => ({
    server: t.exposeID('server'),
    generation: t.exposeID('generation', {
      description: 'Changes when a backup is restored: then the history goes on as a branch of the old one.',
    }),
    seq: t.exposeInt('seq'),
    hash: t.exposeString('hash'),
    at: t.exposeString('at', { description: 'When it was signed, ISO 8601.' }),
    signature: t.exposeString('signature', { description: headSignature }),
  }),
});

const HeadNoticeType = builder.objectRef<HeadNotice>('HeadNotice').implement({
  fields: (t) => ({
    head: t.field({
      type: AuditHead,
      nullable: true,
      description:
        'To be kept durably, and confirmed by `witness`. One that contradicts a kept head of its generation (same seq, another hash, or a seq below the newest) is refused.',
      resolve: ({ head }) => head,
    }),
    ask: t.exposeID('ask', {
      nullable: true,
      description: 'Answer with all kept heads by `witness`, under this id.',
    }),
  }),
});

const AuditHeadInput = builder.inputType('AuditHeadInput', {
  description: 'An AuditHead, as it was received.',
  fields: (t) => ({
    server: t.id({ required: true }),
    generation: t.id({ required: true }),
    seq: t.int({ required: true }),
    hash: t.string({ required: true }),
    at: t.string({ required: true }),
    signature: t.string({ required: true }),
  }),
});

const WitnessInput = builder.inputType('WitnessInput', {
  fields: (t) => ({
    ask: t.id({ description: 'The question that this answers.' }),
    heads: t.field({
      type: [AuditHeadInput],
      required: true,
      description:
        'Kept heads, newest last: those asked for; after an attach the newest twenty; after a notice the one kept and the one before.',
    }),
    refused: t.field({
      type: AuditHeadInput,
      description: 'A head that was refused: the last of `heads` contradicts it.',
    }),
  }),
});

type Body<Name extends CommandBody['__typename']> = Extract<CommandBody, { __typename: Name }>;

const Label = builder.objectRef<{ key: string; value: string }>('Label').implement({
  fields: (t) => ({ key: t.exposeString('key'), value: t.exposeString('value') }),
});

const InitSwarm = builder.objectRef<Body<'InitSwarm'>>('InitSwarm').implement({
  description:
    'POST /swarm/init. Answers { nodeId, clusterId }. Done already: the host is a manager of a swarm of one that this command made.',
  fields: (t) => ({
    advertiseAddr: t.exposeString('advertiseAddr'),
    listenAddr: t.exposeString('listenAddr'),
    dataPathAddr: t.exposeString('dataPathAddr', { nullable: true }),
    dataPathPort: t.exposeInt('dataPathPort', { nullable: true }),
    defaultAddrPool: t.stringList({
      nullable: true,
      resolve: ({ defaultAddrPool }) => defaultAddrPool && [...defaultAddrPool],
    }),
    subnetSize: t.exposeInt('subnetSize', { nullable: true }),
    autolock: t.exposeBoolean('autolock'),
  }),
});

const JoinSwarm = builder.objectRef<Body<'JoinSwarm'>>('JoinSwarm').implement({
  description:
    'POST /swarm/join. The token is a secret: it goes to the engine and nowhere else. Answers { nodeId }.',
  fields: (t) => ({
    token: t.exposeString('token'),
    remoteAddrs: t.stringList({ resolve: ({ remoteAddrs }) => [...remoteAddrs] }),
    advertiseAddr: t.exposeString('advertiseAddr', { nullable: true }),
    listenAddr: t.exposeString('listenAddr'),
    dataPathAddr: t.exposeString('dataPathAddr', { nullable: true }),
    availability: t.exposeString('availability', {
      description: 'active, pause or drain: as what the node appears.',
    }),
    cluster: t.exposeID('cluster', { description: 'Swarm id that the token belongs to, for the report.' }),
  }),
});

const LeaveSwarm = builder.objectRef<Body<'LeaveSwarm'>>('LeaveSwarm').implement({
  description: 'POST /swarm/leave. Answers { left: true }. A host in no swarm: done.',
  fields: (t) => ({
    nodeId: t.exposeID('nodeId', {
      description: 'Leave this membership only: a host whose NodeID differs refuses with NOT_IN_SWARM.',
    }),
    force: t.exposeBoolean('force'),
  }),
});

const fresh = 'Always true; a type needs a field.';

const ReadCluster = builder.objectRef<Body<'ReadCluster'>>('ReadCluster').implement({
  description:
    'Read by a manager, begun after the command’s arrival: answers { swarm: GET /swarm without JoinTokens, joinTokenDigests: { worker, manager }, unlockKeyDigest (SHA-256 hex; the last null with autolock off), nodes: GET /nodes }.',
  fields: (t) => ({ fresh: t.exposeBoolean('fresh', { description: fresh }) }),
});

const ReadJoinToken = builder.objectRef<Body<'ReadJoinToken'>>('ReadJoinToken').implement({
  description:
    'Answers { token, address }: the join token of the role and the address of this manager. A secret: never logged, never journaled.',
  fields: (t) => ({ role: t.exposeString('role', { description: 'worker or manager.' }) }),
});

const ReadUnlockKey = builder.objectRef<Body<'ReadUnlockKey'>>('ReadUnlockKey').implement({
  description: 'Answers { unlockKey }; empty with autolock off. A secret: never logged, never journaled.',
  fields: (t) => ({ fresh: t.exposeBoolean('fresh', { description: fresh }) }),
});

const ReadTasks = builder.objectRef<Body<'ReadTasks'>>('ReadTasks').implement({
  description: 'Answers { tasks: GET /tasks?filters={"node":[node]} }.',
  fields: (t) => ({ node: t.exposeID('node') }),
});

const RecoverSwarm = builder.objectRef<Body<'RecoverSwarm'>>('RecoverSwarm').implement({
  description:
    'POST /swarm/init with ForceNewCluster, on a manager without a leader: it alone goes on, with the swarm’s id, tokens and labels. Answers { nodeId }. An engine that sees a leader refuses with HAS_QUORUM.',
  fields: (t) => ({
    nodeId: t.exposeID('nodeId', { description: 'A host whose NodeID differs refuses with NOT_IN_SWARM.' }),
    advertiseAddr: t.exposeString('advertiseAddr'),
    listenAddr: t.exposeString('listenAddr'),
    dataPathAddr: t.exposeString('dataPathAddr', { nullable: true }),
  }),
});

const ReadContainers = builder.objectRef<Body<'ReadContainers'>>('ReadContainers').implement({
  description:
    'GET /containers/json of this engine. Answers { running, standalone, names }: how many containers run, how many of them belong to no task of a swarm, and the names of at most 20 of those.',
  fields: (t) => ({ fresh: t.exposeBoolean('fresh', { description: fresh }) }),
});

const ReadWorkload = builder.objectRef<Body<'ReadWorkload'>>('ReadWorkload').implement({
  description:
    'Read by a manager: GET /services and GET /tasks?filters={"desired-state":["running"]}, as far as placement goes and nothing that a container is given. Answers { services: [{ id, name, modes, constraints, maxReplicas, platforms: [{ architecture, os }], nanoCpus, memoryBytes }], tasks: [{ id, serviceId, nodeId, slot, state, nanoCpus, memoryBytes }] }; nanoCpus and memoryBytes are reservations.',
  fields: (t) => ({ fresh: t.exposeBoolean('fresh', { description: fresh }) }),
});

const RemoveNode = builder.objectRef<Body<'RemoveNode'>>('RemoveNode').implement({
  description: 'DELETE /nodes/{id}. Answers { removed: true }. A node that is gone: done.',
  fields: (t) => ({ node: t.exposeID('node'), force: t.exposeBoolean('force') }),
});

const RotateJoinToken = builder.objectRef<Body<'RotateJoinToken'>>('RotateJoinToken').implement({
  description:
    'POST /swarm/update with the spec just read. Answers { digest } (SHA-256 hex of the new token).',
  fields: (t) => ({ role: t.exposeString('role', { description: 'worker or manager.' }) }),
});

const UnlockSwarm = builder.objectRef<Body<'UnlockSwarm'>>('UnlockSwarm').implement({
  description:
    'POST /swarm/unlock. The key is a secret: it goes to the engine and nowhere else. Answers { unlocked }; false: the engine was not locked, nothing was sent to it.',
  fields: (t) => ({ unlockKey: t.exposeString('unlockKey') }),
});

const UpdateNode = builder.objectRef<Body<'UpdateNode'>>('UpdateNode').implement({
  description:
    'Reads the node, changes only what is given, writes with the version read; «update out of sequence» is read and applied anew, at most 8 times. Answers { changed, version, attempts }; `changed` false: it was so already, nothing was written.',
  fields: (t) => ({
    node: t.exposeID('node'),
    role: t.exposeString('role', { nullable: true, description: 'worker or manager; null: as it is.' }),
    availability: t.exposeString('availability', {
      nullable: true,
      description: 'active, pause or drain; null: as it is.',
    }),
    setLabels: t.field({ type: [Label], resolve: ({ setLabels }) => [...setLabels] }),
    removeLabels: t.stringList({ resolve: ({ removeLabels }) => [...removeLabels] }),
  }),
});

const UpdateSwarm = builder.objectRef<Body<'UpdateSwarm'>>('UpdateSwarm').implement({
  description:
    'POST /swarm/update: reads the spec, changes only what is given, writes it whole with the version read; «update out of sequence» is read and applied anew, at most 8 times. Answers { changed, attempts, changes: [{ path, old, new }] } in the names and units of Docker’s spec, and unlockKeyDigest (SHA-256 hex) with rotateUnlockKey; `changed` false: it was so already, nothing was written.',
  fields: (t) => ({
    autolock: t.exposeBoolean('autolock', {
      nullable: true,
      description: 'EncryptionConfig.AutoLockManagers; null, here and below: as it is.',
    }),
    certificateExpirySeconds: t.exposeInt('certificateExpirySeconds', {
      nullable: true,
      description: 'CAConfig.NodeCertExpiry, which is in nanoseconds.',
    }),
    heartbeatPeriodSeconds: t.exposeInt('heartbeatPeriodSeconds', {
      nullable: true,
      description: 'Dispatcher.HeartbeatPeriod, which is in nanoseconds.',
    }),
    taskHistoryLimit: t.exposeInt('taskHistoryLimit', {
      nullable: true,
      description: 'Orchestration.TaskHistoryRetentionLimit.',
    }),
    snapshotInterval: t.exposeInt('snapshotInterval', {
      nullable: true,
      description: 'Raft.SnapshotInterval, in log entries.',
    }),
    keepOldSnapshots: t.exposeInt('keepOldSnapshots', {
      nullable: true,
      description: 'Raft.KeepOldSnapshots.',
    }),
    forceRotate: t.exposeInt('forceRotate', {
      nullable: true,
      description:
        'CAConfig.ForceRotate to be reached: a new root CA is made. The spec’s own, when it is as high already, stays.',
    }),
    rotateUnlockKey: t.exposeBoolean('rotateUnlockKey'),
  }),
});

const CommandBodyType = builder.unionType('CommandBody', {
  types: [
    InitSwarm,
    JoinSwarm,
    LeaveSwarm,
    ReadCluster,
    ReadContainers,
    ReadJoinToken,
    ReadTasks,
    ReadUnlockKey,
    RecoverSwarm,
    ReadWorkload,
    RemoveNode,
    RotateJoinToken,
    UnlockSwarm,
    UpdateNode,
    UpdateSwarm,
  ],
  resolveType: (body) => body.__typename,
});

const Command = builder.objectRef<Envelope>('Command').implement({
  fields: (t) => ({
    id: t.exposeID('id'),
    operation: t.exposeID('operation', {
      nullable: true,
      description: 'The operation that it belongs to; null for a read.',
    }),
    expiresInMs: t.exposeInt('expiresInMs', {
      description: 'Not to be begun later than this after its arrival, by the agent’s monotonic clock.',
    }),
    body: t.field({ type: CommandBodyType, resolve: ({ body }) => body }),
  }),
});

builder.queryType({
  fields: (t) => ({
    server: t.field({
      type: ServerIdentityType,
      description: 'Who this server is. Answers before `attach`.',
      resolve: (_, __, { identity, version }) => ({
        id: identity.id,
        publicKey: identity.publicKey,
        version,
      }),
    }),
  }),
});

builder.mutationType({
  fields: (t) => ({
    enrol: t.field({
      type: EnrolPayload,
      description:
        'Exchanges a one-time enrolment secret for an identity. Runs on a connection whose `connection_init` named no agent. Errors: NOT_FOUND (unknown, used or expired: the three are one), ENGINE_CLAIMED (another host has this engine id), KEY_KNOWN (this key is, or was, a host’s), RATE_LIMITED.',
      args: { input: t.arg({ type: EnrolInput, required: true }) },
      resolve: async (_, { input }, { enrolments, sourceAddress }) => {
        const host = await enrolments.redeem({ ...input, engineId: input.engineId ?? null, sourceAddress });
        return { host: host.id, name: host.name };
      },
    }),
    attach: t.field({
      type: AttachPayload,
      description:
        'Proves the agent’s key: an Ed25519 signature, in base64url, over the UTF-8 lines "skep-agent-v2", host id, agent nonce, server nonce, channel, boot id, engine id (empty when null), joined by "\\n". Channel: 32 bytes of the TLS exporter "EXPORTER-Channel-Binding" with an empty context (RFC 9266, TLS 1.3) in base64url, or "none" where the acknowledgement says so. Until it succeeds nothing else runs. Errors: UNAUTHENTICATED, RESTORED (the server begins a new generation; come again), OTHER_SERVER (the agent has been with another server of the same key), HOST_QUARANTINED (the key came from another engine, or from two machines at once), ENGINE_CLAIMED (another host has this engine id).',
      args: {
        signature: t.arg.string({ required: true }),
        bootId: t.arg.string({ required: true, description: 'Changes when the machine is started anew.' }),
        engineId: t.arg.id({ description: 'Null while the engine does not answer.' }),
        head: t.arg({ type: AuditHeadInput, description: 'The newest head that the agent keeps.' }),
      },
      resolve: (_, { signature, bootId, engineId, head }, context) =>
        context.attach(signature, { bootId, engineId: engineId ?? null, head: head ?? null }),
    }),
    recall: t.boolean({
      description:
        'Effects of the agent’s journal, the newest 500: those that a restored database does not know are put on record.',
      args: { commands: t.arg({ type: [RecalledInput], required: true }) },
      resolve: async (_, { commands }, context) => {
        await context.recalled(
          attached(context).hostId,
          commands.slice(-500).map(({ id, kind, at, outcome, args }) => ({
            id,
            kind,
            at: new Date(at),
            outcome: outcome ?? null,
            args,
          })),
        );
        return true;
      },
    }),
    report: t.boolean({
      description: 'What the agent sees of its host. Sent after each attach, then only when it changed.',
      args: { input: t.arg({ type: ReportInput, required: true }) },
      resolve: async (_, { input }, context) => {
        await context.report(attached(context).hostId, report.parse(input));
        return true;
      },
    }),
    acknowledge: t.boolean({
      description: 'The command is in the agent’s journal.',
      args: { command: t.arg.id({ required: true }) },
      resolve: async (_, { command }, context) => {
        await context.commands.acknowledged(attached(context).hostId, command);
        return true;
      },
    }),
    complete: t.boolean({
      description: 'How a command ended. May be sent again after a reconnect: the server takes the first.',
      args: { input: t.arg({ type: CompleteInput, required: true }) },
      resolve: async (_, { input }, context) => {
        await context.commands.completed(attached(context).hostId, input.command, {
          outcome: input.outcome satisfies CommandOutcome,
          result: input.result ?? null,
          failure: input.failure ?? null,
        });
        return true;
      },
    }),
    witness: t.boolean({
      description: 'Which heads of the history this agent keeps. The server holds them against its history.',
      args: { input: t.arg({ type: WitnessInput, required: true }) },
      resolve: async (_, { input }, context) => {
        await context.witnesses.said(attached(context).hostId, {
          ask: input.ask ?? null,
          heads: input.heads.slice(-1_000),
          refused: input.refused ?? null,
        });
        return true;
      },
    }),
    notice: t.boolean({
      description:
        'The engine’s event stream spoke of these nodes: a hint to read the cluster again, never a fact.',
      args: { input: t.arg({ type: NoticeInput, required: true }) },
      resolve: (_, { input }, context) => {
        context.notice(attached(context).hostId, input);
        return true;
      },
    }),
  }),
});

builder.subscriptionType({
  fields: (t) => ({
    heads: t.field({
      type: HeadNoticeType,
      description: 'The newest head of the history, then newer ones as they are signed, and questions.',
      subscribe: (_, __, context) => context.witnesses.notices(attached(context)),
      resolve: (notice: HeadNotice) => notice,
    }),
    commands: t.field({
      type: Command,
      description:
        'Commands for this host, in order: first those without a result, sent again with their old ids (the agent’s journal makes a second run impossible), then new ones.',
      subscribe: (_, __, context) => attached(context).commands(),
      resolve: (envelope: Envelope) => envelope,
    }),
  }),
});

export const agentSchema: GraphQLSchema = builder.toSchema();
