// What an agent sees of its host and its engine.
import { readReport } from '../host.ts';
import { attached, builder } from './builder.ts';

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

const KernelInput = builder.inputType('KernelInput', {
  description:
    'What the kernel has of what a swarm’s networks need, loaded or loadable. Null: it cannot be told from where the agent runs.',
  fields: (t) => ({
    ipvs: t.boolean({ description: 'CONFIG_IP_VS: virtual IPs and the ingress network.' }),
    esp: t.boolean({ description: 'CONFIG_INET_ESP: encrypted networks.' }),
    vxlan: t.boolean({ description: 'CONFIG_VXLAN: overlay networks.' }),
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
    kernel: t.field({
      type: KernelInput,
      description:
        'Null while the engine does not answer, and where it runs on another kernel than the agent.',
    }),
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
    objects: t.stringList({
      description:
        'Kinds of other objects of the swarm that events named: SERVICE, NETWORK, SECRET, CONFIG. The server reads those again.',
    }),
    seen: t.field({
      type: ['JSON'],
      description:
        'What GET /nodes/{id} answered of nodes in `nodes`, asked after their events. The server believes a manager that it would read through, and the higher version; the others it reads.',
    }),
  }),
});

builder.mutationFields((t) => ({
  report: t.boolean({
    description: 'What the agent sees of its host. Sent after each attach, then only when it changed.',
    args: { input: t.arg({ type: ReportInput, required: true }) },
    resolve: async (_, { input }, context) => {
      await context.report(attached(context).hostId, readReport(input));
      return true;
    },
  }),
  notice: t.boolean({
    description:
      'The engine’s event stream spoke of these nodes: a hint to read the cluster again, never a fact. Answers when what was `seen` is published.',
    args: { input: t.arg({ type: NoticeInput, required: true }) },
    resolve: async (_, { input }, context) => {
      await context.notice(attached(context).hostId, input);
      return true;
    },
  }),
}));
