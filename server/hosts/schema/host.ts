// A host and its parts: engine, addresses, swarm, quarantine.
import { builder } from '../../graphql/builder.ts';
import type { Host, Quarantine, Report } from '../host.ts';
import { featureOf, kernelFeatures, whatIsLost } from '../kernel.ts';
import { FeatureStateEnum, HostStatusEnum, LocalStateEnum, QuarantineReasonEnum } from './enums.ts';

type Engine = NonNullable<Report['engine']>;
const EngineRef = builder.objectRef<Engine>('Engine').implement({
  description: 'A Docker Engine, as its agent reported it (GET /info).',
  fields: (t) => ({
    id: t.exposeID('id'),
    version: t.exposeString('version'),
    apiVersion: t.exposeString('apiVersion'),
    minApiVersion: t.exposeString('minApiVersion'),
    operatingSystem: t.exposeString('operatingSystem'),
    kernelVersion: t.exposeString('kernelVersion'),
    osType: t.exposeString('osType'),
    architecture: t.exposeString('architecture'),
    cpus: t.exposeFloat('cpus'),
    memoryBytes: t.exposeFloat('memoryBytes'),
    storageDriver: t.exposeString('storageDriver'),
    labels: t.stringList({
      description: 'Engine labels, `key=value`. Node labels are another thing.',
      resolve: ({ labels }) => labels,
    }),
  }),
});

type Address = Report['addresses'][number];
const AddressRef = builder.objectRef<Address>('HostAddress').implement({
  fields: (t) => ({
    interface: t.exposeString('interface'),
    address: t.exposeString('address'),
    prefixLength: t.exposeInt('prefixLength', { description: 'Bits.' }),
  }),
});

/** The host is kept beside, so that slices on the right can tell what it is a member of. */
export const HostSwarmRef = builder
  .objectRef<{ host: Host; swarm: NonNullable<Report['swarm']> }>('HostSwarm')
  .implement({
    description: 'What the host’s engine says of its swarm membership.',
    fields: (t) => ({
      localState: t.field({ type: LocalStateEnum, resolve: ({ swarm }) => swarm.localState }),
      nodeId: t.id({ nullable: true, resolve: ({ swarm }) => swarm.nodeId }),
      nodeAddress: t.string({ nullable: true, resolve: ({ swarm }) => swarm.nodeAddress }),
      controlAvailable: t.boolean({
        description: 'It answers as a manager.',
        resolve: ({ swarm }) => swarm.controlAvailable,
      }),
      error: t.string({
        nullable: true,
        description: 'The engine’s own trouble.',
        resolve: ({ swarm }) => swarm.error,
      }),
    }),
  });

const QuarantineRef = builder.objectRef<Quarantine>('HostQuarantine').implement({
  description: 'Why an agent is not listened to: its key may be in other hands.',
  fields: (t) => ({
    reason: t.field({ type: QuarantineReasonEnum, resolve: ({ reason }) => reason }),
    message: t.exposeString('message'),
    engine: t.id({
      nullable: true,
      description: 'Id of the engine that was presented: what releaseHost may bind the host to.',
      resolve: ({ engineId }) => engineId,
    }),
    at: t.field({ type: 'DateTime', resolve: ({ at }) => at }),
  }),
});

const HostKernelRef = builder.objectRef<Host>('HostKernel').implement({
  description: 'What the kernel of a host has of what a swarm’s networks need, as its agent found it.',
  fields: (t) => ({
    virtualIps: t.field({
      type: FeatureStateEnum,
      description:
        'IPVS: virtual IPs of services, and ports published through the ingress network. Where it is missing such connections are not answered; DNS round robin, `tasks.NAME` and host-mode ports work.',
      resolve: (host) => featureOf(host, 'virtualIps'),
    }),
    encryption: t.field({
      type: FeatureStateEnum,
      description:
        'ESP: encrypted networks. Where it is missing their packets between hosts are dropped without a word, though names resolve.',
      resolve: (host) => featureOf(host, 'encryption'),
    }),
    overlay: t.field({
      type: FeatureStateEnum,
      description: 'VXLAN: overlay networks, and with them all networks of a swarm.',
      resolve: (host) => featureOf(host, 'overlay'),
    }),
    lacks: t.stringList({
      description: 'In words, what does not work here; empty: nothing is known to be missing.',
      resolve: (host) =>
        kernelFeatures
          .filter((feature) => featureOf(host, feature) === 'MISSING')
          .map((feature) => whatIsLost[feature]),
    }),
  }),
});

export const HostRef = builder.objectRef<Host>('Host').implement({
  description:
    'A machine with one Docker Engine and one Skep agent. Its identity is its agent’s key bound to the engine’s id.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name', { description: 'Unique; at first its hostname.' }),
    hostname: t.string({
      nullable: true,
      description: 'Null before the first report.',
      resolve: ({ report }) => report?.hostname ?? null,
    }),
    status: t.field({ type: HostStatusEnum, resolve: ({ status }) => status }),
    quarantine: t.field({
      type: QuarantineRef,
      nullable: true,
      description: 'Null: it is in none.',
      resolve: ({ quarantine }) => quarantine,
    }),
    enrolledAt: t.field({ type: 'DateTime', resolve: ({ enrolledAt }) => enrolledAt }),
    lastSeenAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When its agent was last heard to change something, or was lost.',
      resolve: ({ lastSeenAt }) => lastSeenAt,
    }),
    agentVersion: t.string({ nullable: true, resolve: ({ report }) => report?.agentVersion ?? null }),
    allow: t.stringList({
      description: 'Commands that its agent carries out.',
      resolve: ({ report }) => report?.allow ?? [],
    }),
    engine: t.field({
      type: EngineRef,
      nullable: true,
      description: 'Null while the engine does not answer its agent.',
      resolve: ({ report }) => report?.engine ?? null,
    }),
    engineFailure: t.string({
      nullable: true,
      description: 'Why `engine` is null.',
      resolve: ({ report }) => report?.engineFailure ?? null,
    }),
    kernel: t.field({
      type: HostKernelRef,
      nullable: true,
      description: 'Null: its agent has not told, or cannot tell.',
      resolve: (host) => (host.report?.kernel ? host : null),
    }),
    addresses: t.field({ type: [AddressRef], resolve: ({ report }) => report?.addresses ?? [] }),
    swarm: t.field({
      type: HostSwarmRef,
      nullable: true,
      description: 'Null while the engine does not answer its agent.',
      resolve: (host) => (host.report?.swarm ? { host, swarm: host.report.swarm } : null),
    }),
  }),
});

export const HostConnection = builder.connectionObject({
  type: HostRef,
  name: 'HostConnection',
  fields: (t) => ({
    totalCount: t.int({
      description: 'Of all that match.',
      resolve: (page) => (page as unknown as Counted).totalCount,
    }),
    eventCursor: t.string({
      description: 'Where this answer was computed: subscribing with it misses and repeats nothing.',
      resolve: (page) => (page as unknown as Counted).eventCursor,
    }),
  }),
});
type Counted = { totalCount: number; eventCursor: string };
