// What an agent can be told to do: the command types and what each answers.
import type { CommandBody, ProbePoint } from '../links.ts';
import { builder } from './builder.ts';
import { Label } from './label.ts';
import { CreateNetwork, ReadNetworks, RemoveNetwork } from './network-commands.ts';
import {
  CreateConfig,
  CreateSecret,
  ReadConfigs,
  ReadSecrets,
  RemoveConfig,
  RemoveSecret,
} from './secret-commands.ts';
import { serviceCommands } from './service-commands.ts';

type Body<Name extends CommandBody['__typename']> = Extract<CommandBody, { __typename: Name }>;

const ProbePointType = builder.objectRef<ProbePoint>('ProbePoint').implement({
  fields: (t) => ({
    address: t.exposeString('address', { description: 'An IP address, of the host that answers.' }),
    port: t.exposeInt('port'),
    protocol: t.exposeString('protocol', { description: 'tcp or udp.' }),
  }),
});

const AnswerProbes = builder.objectRef<Body<'AnswerProbes'>>('AnswerProbes').implement({
  description:
    'A read: listens at the points and answers probes that carry the nonce (agent/probe-wire.ts), with as many bytes. Answers at once { points: [{ address, port, protocol, state, detail }], interfaces: [{ name, mtu }], clockMs }: state is LISTENING, HELD (somebody listens there), NOT_LOCAL or FAILED; mtu in bytes; clockMs since 1970 by the host’s clock. InitSwarm and JoinSwarm end it.',
  fields: (t) => ({
    nonce: t.exposeString('nonce'),
    points: t.field({ type: [ProbePointType], resolve: ({ points }) => [...points] }),
    seconds: t.exposeFloat('seconds', {
      description: 'How long, 10 at most. 0: what was opened for this nonce is closed.',
    }),
  }),
});

type ProbeOf = Body<'SendProbes'>['probes'][number];
const ProbeType = builder.objectRef<ProbeOf>('Probe').implement({
  fields: (t) => ({
    address: t.exposeString('address'),
    port: t.exposeInt('port'),
    protocol: t.exposeString('protocol', { description: 'tcp or udp.' }),
    source: t.exposeString('source', {
      nullable: true,
      description: 'The local address that it is sent from; null: as the kernel chooses.',
    }),
    greet: t.exposeBoolean('greet', {
      description: 'An agent answers there. False: a connection is made and nothing sent.',
    }),
  }),
});

const SendProbes = builder.objectRef<Body<'SendProbes'>>('SendProbes').implement({
  description:
    'A read: sends all probes at once. Answers { outcomes: [{ outcome, detail }] } in their order: ANSWERED (by who has the nonce), CONNECTED (accepted, no such answer), REFUSED, SILENT or FAILED; detail is the system’s word for it.',
  fields: (t) => ({
    nonce: t.exposeString('nonce'),
    probes: t.field({ type: [ProbeType], resolve: ({ probes }) => [...probes] }),
    timeoutMs: t.exposeInt('timeoutMs', { description: 'For each probe.' }),
  }),
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
    'Reads the node, changes only what is given, writes with the version read; «update out of sequence» is read and applied anew, at most 8 times. Answers { changed, version, attempts }; `changed` false: it was so already, nothing was written. `seen`: GET /nodes/{id}, asked after the write.',
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

export const CommandBodyType = builder.unionType('CommandBody', {
  types: [
    CreateConfig,
    CreateNetwork,
    CreateSecret,
    AnswerProbes,
    InitSwarm,
    JoinSwarm,
    LeaveSwarm,
    ReadCluster,
    ReadConfigs,
    ReadContainers,
    ReadJoinToken,
    ReadNetworks,
    ReadSecrets,
    ReadTasks,
    ReadUnlockKey,
    RecoverSwarm,
    ReadWorkload,
    RemoveConfig,
    RemoveNetwork,
    RemoveNode,
    RemoveSecret,
    RotateJoinToken,
    SendProbes,
    UnlockSwarm,
    UpdateNode,
    UpdateSwarm,
    ...serviceCommands,
  ],
  resolveType: (body) => body.__typename,
});
