// Hosts and enrolments in GraphQL.

import { SignedHeadRef } from '../audit/schema.ts';
import type { Context } from '../context.ts';
import { builder, guarded } from '../graphql/builder.ts';
import { pageSize, sortedPage } from '../graphql/connection.ts';
import { changeStream, type Streamed } from '../graphql/stream.ts';
import type { Operation } from '../operations/operation.ts';
import {
  actionInput,
  type ChangeEvent,
  ChangeEventRef,
  changeEvent,
  OperationRef,
  OperationTargetRef,
  operationMutation,
  perform,
} from '../operations/schema.ts';
import { inScope } from './actions.ts';
import { type Enrolment, enrolmentLifetimeMs } from './enrolments.ts';
import {
  type Host,
  type HostScalars,
  hostScalars,
  hostStatuses,
  localStates,
  type Quarantine,
  quarantineReasons,
  type Report,
} from './host.ts';
import type { Contradiction, Witness } from './witness.ts';

const HostStatusEnum = builder.enumType('HostStatus', {
  description:
    'ENROLLED: its agent never attached. QUARANTINED: somebody else may have its key, and its agent is not listened to. Open: expect new values.',
  values: hostStatuses,
});
const LocalStateEnum = builder.enumType('SwarmLocalState', {
  description:
    'What the engine says of itself: INACTIVE, PENDING (an earlier join goes on), ACTIVE, ERROR, LOCKED. Open: expect new values.',
  values: localStates,
});

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

const QuarantineReasonEnum = builder.enumType('QuarantineReason', {
  description:
    'ENGINE_CHANGED: the key came from another engine. KEY_USED_TWICE: two agents with it answered at once. Open: expect new values.',
  values: quarantineReasons,
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

builder.objectField(OperationTargetRef, 'host', (t) =>
  t.field({
    type: HostRef,
    nullable: true,
    ...guarded('host:read', 'The host, when the target is one and still known.'),
    resolve: ({ kind, id }, _, { hosts, scopeOf, requester }) => {
      const host = kind === 'HOST' && id !== null ? hosts.find(id) : null;
      return host && inScope(host, scopeOf(requester)) ? host : null;
    },
  }),
);

const AuditContradictionRef = builder.objectRef<Contradiction>('AuditContradiction').implement({
  description: 'Proof that the history was changed: what its agent keeps is not what the history has.',
  fields: (t) => ({
    held: t.field({ type: SignedHeadRef, resolve: ({ held }) => held }),
    hash: t.exposeString('hash', {
      nullable: true,
      description: 'What the history had there; null: nothing.',
    }),
    at: t.field({ type: 'DateTime', description: 'When it was found.', resolve: ({ at }) => at }),
  }),
});

const AuditWitnessRef = builder.objectRef<Witness>('AuditWitness').implement({
  description: 'A host’s agent as a witness of the history.',
  fields: (t) => ({
    newest: t.field({
      type: SignedHeadRef,
      nullable: true,
      description: 'The newest head that it has said to keep since the server started.',
      resolve: ({ newest }) => newest,
    }),
    contradiction: t.field({
      type: AuditContradictionRef,
      nullable: true,
      resolve: ({ contradiction }) => contradiction,
    }),
  }),
});

builder.objectField(HostRef, 'auditWitness', (t) =>
  t.field({
    type: AuditWitnessRef,
    nullable: true,
    ...guarded('audit:read', 'What its agent keeps of the history. Null without the permission.'),
    resolve: ({ id }, _, { witnesses }) => witnesses.of(id),
  }),
);

const HostFilter = builder.inputType('HostFilter', {
  description: 'All that are given must hold.',
  fields: (t) => ({
    ids: t.idList(),
    text: t.string({ description: 'Part of name, hostname or id; case does not count.' }),
    status: t.field({ type: [HostStatusEnum] }),
    localState: t.field({ type: [LocalStateEnum] }),
    cluster: t.id({ description: 'Members of this cluster.' }),
  }),
});
type Filter = typeof HostFilter.$inferInput;

export const hostMatches = (filter: Filter | null | undefined, host: HostScalars): boolean => {
  if (!filter) return true;
  const text = filter.text?.toLowerCase();
  return (
    (filter.ids == null || filter.ids.includes(host.id)) &&
    (text === undefined ||
      [host.id, host.name, host.hostname ?? ''].some((part) => part.toLowerCase().includes(text))) &&
    (filter.status == null || filter.status.includes(host.status)) &&
    (filter.localState == null || filter.localState.some((state) => state === host.localState)) &&
    (filter.cluster == null || host.clusterId === filter.cluster)
  );
};

const HostConnection = builder.connectionObject({
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

const EnrolmentRef = builder.objectRef<Enrolment>('Enrolment').implement({
  description:
    'A one-time, expiring secret by which an agent registers its key. Its secret is shown once, when it is made.',
  fields: (t) => ({
    id: t.exposeID('id'),
    hostName: t.exposeString('hostName', {
      nullable: true,
      description: 'The name that the host will have; null: its hostname.',
    }),
    createdAt: t.field({ type: 'DateTime', resolve: ({ createdAt }) => createdAt }),
    expiresAt: t.field({
      type: 'DateTime',
      description: `${enrolmentLifetimeMs / 60_000} minutes after it was made.`,
      resolve: ({ expiresAt }) => expiresAt,
    }),
    usedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ usedAt }) => usedAt }),
    host: t.field({
      type: HostRef,
      nullable: true,
      description: 'Who used it.',
      resolve: ({ hostId }, _, { hosts }) => (hostId === null ? null : hosts.find(hostId)),
    }),
  }),
});

builder.queryFields((t) => ({
  hosts: t.field({
    type: HostConnection,
    ...guarded('host:read', 'Hosts by name. `first` 1 to 1,000.'),
    args: {
      filter: t.arg({ type: HostFilter }),
      first: t.arg.int({ defaultValue: 50 }),
      after: t.arg.string(),
    },
    resolve: (_, { filter, first, after }, { hosts, events, scopeOf, requester }) => {
      const scope = scopeOf(requester);
      const found = hosts
        .list()
        .filter((host) => inScope(host, scope) && hostMatches(filter, hostScalars(host)));
      const page = sortedPage(found, {
        first: pageSize('first', first ?? 50, 1_000),
        after,
        keyOf: ({ name }) => name,
        descending: false,
      });
      return { ...page, totalCount: found.length, eventCursor: events.head() };
    },
  }),
  host: t.field({
    type: HostRef,
    nullable: true,
    ...guarded('host:read', 'One host; null: unknown or out of scope.'),
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, { hosts, scopeOf, requester }) => {
      const host = hosts.find(id);
      return host && inScope(host, scopeOf(requester)) ? host : null;
    },
  }),
  enrolments: t.field({
    type: [EnrolmentRef],
    ...guarded('host:enrol', 'Enrolments, newest first, at most 1,000.'),
    resolve: (_, __, { enrolments, scopeOf, requester }) =>
      scopeOf(requester) === null ? enrolments.list() : [],
  }),
}));

const HostEvent = builder
  .objectRef<ChangeEvent & { subjectId: string; of: HostScalars }>('HostEvent')
  .implement({
    interfaces: [ChangeEventRef],
    fields: (t) => ({
      hostId: t.id({ resolve: ({ subjectId }) => subjectId }),
      name: t.string({ resolve: ({ of }) => of.name }),
      hostname: t.string({ nullable: true, resolve: ({ of }) => of.hostname }),
      status: t.field({
        type: HostStatusEnum,
        description: 'As it was then.',
        resolve: ({ of }) => of.status,
      }),
      host: t.field({
        type: HostRef,
        nullable: true,
        description: 'As it is now; null: forgotten.',
        resolve: ({ subjectId }, _, { hosts }) => hosts.find(subjectId),
      }),
    }),
  });

builder.subscriptionField('hostChanged', (t) =>
  t.field({
    type: HostEvent,
    ...guarded('host:read', 'Each change of a host.'),
    args: { filter: t.arg({ type: HostFilter }), after: t.arg.string() },
    subscribe: (_, { filter, after }, context: Context) =>
      changeStream(context, {
        topic: 'HOST',
        permission: 'host:read',
        after,
        matches: (host: HostScalars) => hostMatches(filter, host),
      }),
    resolve: (item: Streamed, _, context) => changeEvent<HostScalars>(item, context),
  }),
);

const CreateEnrolmentInput = actionInput('CreateEnrolmentInput', (t) => ({
  name: t.string({ description: 'The name that the host will have; null: its hostname.' }),
}));

type Made = { operation: Operation; id: string | null; secret: string | null };
const CreateEnrolmentPayload = builder.objectRef<Made>('CreateEnrolmentPayload').implement({
  fields: (t) => ({
    operation: t.field({ type: OperationRef, resolve: ({ operation }) => operation }),
    enrolment: t.field({
      type: EnrolmentRef,
      nullable: true,
      resolve: ({ id }, _, { enrolments }) => (id === null ? null : enrolments.find(id)),
    }),
    secret: t.exposeString('secret', {
      nullable: true,
      description: 'Shown here and never again; null unless the operation succeeded now.',
    }),
    command: t.string({
      nullable: true,
      description:
        'What to run on the host, in a built checkout. It asks for the secret, which so stands in no list of processes and no shell history.',
      resolve: ({ secret }, _, { agentUrl }) =>
        secret && `node dist/agent.mjs --server ${agentUrl()} --enrolment-file -`,
    }),
  }),
});

builder.mutationField('createEnrolment', (t) =>
  t.field({
    type: CreateEnrolmentPayload,
    description:
      'Makes a one-time secret, valid for 15 minutes, by which an agent registers its key. Permission: host:enrol.',
    args: { input: t.arg({ type: CreateEnrolmentInput, required: true }) },
    resolve: async (_, { input }, context: Context) => {
      const { operation, secret } = await perform(context, 'createEnrolment', input);
      const made =
        secret !== null && typeof secret === 'object' && 'id' in secret && 'secret' in secret ? secret : null;
      return { operation, id: made && String(made.id), secret: made && String(made.secret) };
    },
  }),
);

operationMutation('renameHost', {
  permission: 'host:update',
  description: 'Gives a host another name. NAME_TAKEN.',
  fields: (t) => ({ id: t.id({ required: true }), name: t.string({ required: true }) }),
});
operationMutation('revokeHost', {
  permission: 'host:update',
  description:
    'Ends its agent’s connection and refuses it from now on. Its engine and membership stay as they are.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});
operationMutation('releaseHost', {
  permission: 'host:enrol',
  description:
    'Ends the quarantine of a host: its agent is listened to again. A key that was copied stays copied: then revoke the host and enrol it anew instead. HOST_NOT_QUARANTINED, ENGINE_CLAIMED.',
  fields: (t) => ({
    id: t.id({ required: true }),
    engine: t.id({
      description:
        'The engine that the host is bound to from now on, when its engine was installed anew; null: as before.',
    }),
  }),
});
operationMutation('forgetHost', {
  permission: 'host:update',
  description:
    'Takes a host whose agent is not connected out of the list; its history stays. HOST_CONNECTED.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});
