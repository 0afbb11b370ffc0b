// A host and its parts: engine, addresses, swarm, quarantine.
import { builder } from '../../graphql/builder.ts';
import type { Host, Quarantine, Report } from '../host.ts';
import { HostStatusEnum, LocalStateEnum, QuarantineReasonEnum } from './enums.ts';

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
