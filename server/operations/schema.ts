// Operations in GraphQL: the type, its page, its live feed, and how a mutation becomes one.
import { GraphQLError } from 'graphql';
import type { Operation as Row } from '../../prisma/generated/client.ts';
import { ActorRef, AuditRecordRef, ChangeRef, FailureRef } from '../audit/schema.ts';
import type { Context } from '../context.ts';
import { builder, guarded } from '../graphql/builder.ts';
import { keysetPage } from '../graphql/connection.ts';
import { changeStream, type Streamed, told } from '../graphql/stream.ts';
import type { Change, EventKind } from '../platform/events.ts';
import {
  finalStates,
  type Guard,
  type guardNames,
  type Impact,
  type Operation,
  openStates,
  operationOf,
  type Progress,
  type Step,
  type Target,
  targetStates,
  type Warning,
} from './operation.ts';

export const OperationStateEnum = builder.enumType('OperationState', {
  description:
    'Open: QUEUED, RUNNING, CANCELLING, UNKNOWN (an effect is not known yet and is being observed). Final: SUCCEEDED, FAILED, REFUSED, CANCELLED, UNRESOLVED (it may have happened; observation could not tell). Open: expect new values.',
  values: [...openStates, ...finalStates] as const,
});
const TargetStateEnum = builder.enumType('TargetState', {
  description: 'Open: expect new values.',
  values: targetStates,
});
const GuardEnum = builder.enumType('Guard', {
  description: 'What refuses unless it is overridden with a reason. Open: expect new values.',
  values: {
    NO_FAULT_TOLERANCE: {
      description: 'The cluster tolerates the loss of a manager now and would not afterwards.',
    },
    LAST_ACTIVE_NODE: { description: 'No Ready node would be ACTIVE.' },
    CONCURRENT_DRAIN: { description: 'Another operation drains nodes of this cluster.' },
    HOSTS_SKEP: { description: 'This server itself runs on the host of the node.' },
    UNREACHABLE_MANAGER: { description: 'A manager is unreachable, and fewer reachable ones would be left.' },
    JOIN_ADDRESS_GONE: {
      description:
        'The host joined its swarm through a manager that is none any more, and its engine (before 25.0.6, or 26.0 to 26.1.3) enters the raft group by no other way: promoted, it would be Down.',
    },
    ADDRESS_NOT_LOCAL: {
      description: 'The host’s agent does not have this address (it may be right behind NAT).',
    },
    MEMBERS_LEFT_BEHIND: {
      description: 'Members of the cluster have no connected agent and would not be told.',
    },
    MAJORITY_RECOVERABLE: {
      description:
        'A majority of the managers could be brought back by starting or unlocking engines whose agents are connected.',
    },
  } satisfies Record<(typeof guardNames)[number], { description: string }>,
});

export const OperationTargetRef = builder.objectRef<Target>('OperationTarget').implement({
  description: 'A thing that the operation acts on; id and name as of the intent.',
  fields: (t) => ({
    kind: t.exposeString('kind', {
      description: 'NODE, HOST, CLUSTER, JOIN_TOKEN, API_KEY, ENROLMENT, OPERATION … Open.',
    }),
    id: t.exposeID('id', { nullable: true }),
    name: t.exposeString('name'),
    state: t.field({ type: TargetStateEnum, resolve: ({ state }) => state }),
    failure: t.field({ type: FailureRef, nullable: true, resolve: ({ failure }) => failure }),
  }),
});

const StepRef = builder.objectRef<Step>('OperationStep').implement({
  fields: (t) => ({
    name: t.exposeString('name'),
    target: t.exposeID('target', { nullable: true, description: 'Id of the target; null: of all.' }),
    state: t.exposeString('state', {
      description: 'RUNNING, SUCCEEDED, FAILED or SKIPPED (`detail` says why).',
    }),
    detail: t.exposeString('detail', { nullable: true }),
    startedAt: t.field({ type: 'DateTime', resolve: ({ startedAt }) => new Date(startedAt) }),
    endedAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ endedAt }) => (endedAt === null ? null : new Date(endedAt)),
    }),
  }),
});

const GuardResult = builder.objectRef<Guard>('GuardResult').implement({
  description: 'A guard that tripped.',
  fields: (t) => ({
    guard: t.field({ type: GuardEnum, resolve: ({ guard }) => guard }),
    message: t.exposeString('message'),
  }),
});

const WarningRef = builder.objectRef<Warning>('Warning').implement({
  fields: (t) => ({
    code: t.exposeString('code', { description: 'Stable. Open: expect new values.' }),
    message: t.exposeString('message'),
    target: t.exposeID('target', { nullable: true, description: 'Id of the target; null: of all.' }),
  }),
});

const nullableInt = { nullable: true } as const;
const ImpactRef = builder.objectRef<Impact>('Impact').implement({
  description: 'What it means in numbers; null where it does not apply.',
  fields: (t) => ({
    managersBefore: t.exposeInt('managersBefore', nullableInt),
    managersAfter: t.exposeInt('managersAfter', nullableInt),
    reachableAfter: t.exposeInt('reachableAfter', nullableInt),
    toleratesBefore: t.exposeInt('toleratesBefore', {
      nullable: true,
      description: 'How many managers can be lost now.',
    }),
    toleratesAfter: t.exposeInt('toleratesAfter', {
      nullable: true,
      description: 'How many can be lost afterwards.',
    }),
    tasksMoving: t.exposeInt('tasksMoving', {
      nullable: true,
      description:
        'Running tasks of replicated services and jobs on the nodes. Those of global services end.',
    }),
    servicesWithGap: t.stringList({
      nullable: true,
      description:
        'Names of services all of whose running tasks stand on the nodes: they pause, for a new task starts only when the old one has stopped.',
      resolve: ({ servicesWithGap }) => servicesWithGap,
    }),
    unplaceable: t.stringList({
      nullable: true,
      description:
        'Names of services of which the other Ready and ACTIVE nodes take fewer tasks than have to move. Evaluated: constraints (`==`, `!=`) on node.id, node.hostname, node.role, node.labels, engine.labels, node.platform.os and node.platform.arch; platforms; replicas a node; reservations of CPU and memory; each service by itself. Not evaluated, and taken as met: node.ip, plugins, generic resources, ports in host mode.',
      resolve: ({ unplaceable }) => unplaceable,
    }),
    standaloneContainers: t.exposeInt('standaloneContainers', {
      nullable: true,
      description:
        'Running containers of no service on the nodes’ hosts, which stay there; null where a node has no agent that tells.',
    }),
  }),
});

const ProgressRef = builder.objectRef<Progress>('Progress').implement({
  fields: (t) => ({ done: t.exposeInt('done'), total: t.exposeInt('total'), unit: t.exposeString('unit') }),
});

export const OperationRef = builder.objectRef<Operation>('Operation').implement({
  description: 'One mutation at work: intent, steps, targets, outcome.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Sorts by time. Of a dry run: stands for nothing that is kept.' }),
    action: t.exposeString('action', { description: 'The mutation.' }),
    state: t.field({ type: OperationStateEnum, resolve: ({ state }) => state }),
    dryRun: t.exposeBoolean('dryRun', { description: 'Judged only: nothing was done or recorded.' }),
    actor: t.field({ type: ActorRef, resolve: ({ actor }) => actor }),
    reason: t.exposeString('reason', { nullable: true }),
    requestId: t.exposeString('requestId'),
    startedAt: t.field({ type: 'DateTime', resolve: ({ startedAt }) => new Date(startedAt) }),
    endedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Null while it is open.',
      resolve: ({ endedAt }) => endedAt && new Date(endedAt),
    }),
    observedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the read began that showed the wanted state; after the act.',
      resolve: ({ observedAt }) => observedAt && new Date(observedAt),
    }),
    targets: t.field({ type: [OperationTargetRef], resolve: ({ targets }) => targets }),
    steps: t.field({ type: [StepRef], resolve: ({ steps }) => steps }),
    guards: t.field({
      type: [GuardResult],
      description: 'All that tripped, overridden or not.',
      resolve: ({ guards }) => guards,
    }),
    overrides: t.field({ type: [GuardEnum], resolve: ({ overrides }) => overrides }),
    warnings: t.field({ type: [WarningRef], resolve: ({ warnings }) => warnings }),
    impact: t.field({ type: ImpactRef, nullable: true, resolve: ({ impact }) => impact }),
    progress: t.field({ type: ProgressRef, nullable: true, resolve: ({ progress }) => progress }),
    failure: t.field({
      type: FailureRef,
      nullable: true,
      description: 'Null unless FAILED, REFUSED, UNRESOLVED, or CANCELLED before it was begun.',
      resolve: ({ failure }) => failure,
    }),
    auditRecords: t.field({
      type: [AuditRecordRef],
      ...guarded('audit:read', 'What the history has of it.'),
      resolve: ({ id }, _, { db }) =>
        db.read.auditRecord.findMany({ where: { operationId: id }, orderBy: { seq: 'asc' }, take: 100 }),
    }),
  }),
});

builder.objectField(AuditRecordRef, 'operation', (t) =>
  t.field({
    type: OperationRef,
    nullable: true,
    ...guarded('operation:read', 'The operation that it belongs to; null when it is no operation’s.'),
    resolve: ({ operationId }, _, { operations }) =>
      operationId === null ? null : operations.find(operationId),
  }),
);

const OperationFilter = builder.inputType('OperationFilter', {
  description: 'All that are given must hold.',
  fields: (t) => ({
    cluster: t.id(),
    actor: t.id(),
    action: t.string(),
    state: t.field({ type: [OperationStateEnum] }),
    open: t.boolean({ description: 'True: open ones only; false: final ones only.' }),
  }),
});
type Filter = typeof OperationFilter.$inferInput;

const OperationConnection = builder.connectionObject({ type: OperationRef, name: 'OperationConnection' });
const isId = (value: unknown): value is string => typeof value === 'string' && value.length <= 64;

builder.queryFields((t) => ({
  operations: t.field({
    type: OperationConnection,
    ...guarded(
      'operation:read',
      'Operations, newest first. `first` or `last` 1 to 100, default 50; no count.',
    ),
    args: {
      filter: t.arg({ type: OperationFilter }),
      first: t.arg.int(),
      after: t.arg.string(),
      last: t.arg.int(),
      before: t.arg.string(),
    },
    resolve: (_, { filter, ...page }, { db, scopeOf, requester }) => {
      const scope = scopeOf(requester);
      const states = filter?.open == null ? null : filter.open ? [...openStates] : [...finalStates];
      return keysetPage(
        page,
        100,
        ({ id }: Operation) => id,
        isId,
        async ({ above, below, order, take }) =>
          (
            await db.read.operation.findMany({
              where: {
                AND: [
                  {
                    id: {
                      ...(above === null ? {} : { gt: above }),
                      ...(below === null ? {} : { lt: below }),
                    },
                  },
                  scope === null ? {} : { clusterId: { in: [...scope] } },
                  filter?.cluster == null ? {} : { clusterId: filter.cluster },
                  filter?.actor == null ? {} : { actorId: filter.actor },
                  filter?.action == null ? {} : { action: filter.action },
                  filter?.state == null ? {} : { state: { in: filter.state } },
                  states === null ? {} : { state: { in: states } },
                ],
              },
              orderBy: { id: order },
              take,
            })
          ).map((row: Row) => operationOf(row)),
      );
    },
  }),
  operation: t.field({
    type: OperationRef,
    nullable: true,
    ...guarded('operation:read', 'One operation; null: unknown or out of scope.'),
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_, { id }, { operations, apiKeys, requester }) => {
      const found = await operations.find(id);
      return found && apiKeys.authorise(requester.actor, 'operation:read', found.clusterId) ? found : null;
    },
  }),
}));

export const EventKindEnum = builder.enumType('EventKind', {
  values: ['ADDED', 'UPDATED', 'REMOVED'] as const,
});

/** What every event tells, whatever it is of. */
export type ChangeEvent = {
  cursor: string;
  at: Date;
  kind: EventKind;
  changes: readonly Change[];
  operationId: string | null;
};

export const ChangeEventRef = builder.interfaceRef<ChangeEvent>('Event').implement({
  description: 'One observed change. Its cursor is where to go on from.',
  fields: (t) => ({
    cursor: t.exposeString('cursor'),
    at: t.field({ type: 'DateTime', description: 'When it was seen.', resolve: ({ at }) => at }),
    kind: t.field({ type: EventKindEnum, resolve: ({ kind }) => kind }),
    changes: t.field({ type: [ChangeRef], resolve: ({ changes }) => [...changes] }),
    operation: t.field({
      type: OperationRef,
      nullable: true,
      ...guarded('operation:read', 'Whose change it was; null when not an operation’s.'),
      resolve: ({ operationId }, _, { operations }) =>
        operationId === null ? null : operations.find(operationId),
    }),
  }),
});

/** The event of a stream's item, and what it is of. @throws the Failure that ended the stream. */
export const changeEvent = <Of>(
  item: Streamed,
  { events }: Context,
): ChangeEvent & { subjectId: string; clusterId: string | null; of: Of } => {
  const { seq, at, kind, subjectId, clusterId, after, changes, operationId } = told(item);
  return {
    cursor: events.cursorOf(seq),
    at,
    kind,
    subjectId,
    clusterId,
    changes,
    operationId,
    of: after as Of,
  };
};

const OperationEvent = builder.objectRef<ChangeEvent & { of: Operation }>('OperationEvent').implement({
  interfaces: [ChangeEventRef],
  description: '`changes` are those of its state; its steps and targets are in `operation`.',
  fields: (t) => ({
    operation: t.field({ type: OperationRef, description: 'As it was then.', resolve: ({ of }) => of }),
  }),
});

const isOpen = (state: string): boolean => openStates.some((open) => open === state);
const matches = (filter: Filter | null | undefined, operation: Operation): boolean =>
  !filter ||
  ((filter.cluster == null || operation.clusterId === filter.cluster) &&
    (filter.actor == null || operation.actor.id === filter.actor) &&
    (filter.action == null || operation.action === filter.action) &&
    (filter.state == null || filter.state.includes(operation.state)) &&
    (filter.open == null || isOpen(operation.state) === filter.open));

builder.subscriptionField('operationChanged', (t) =>
  t.field({
    type: OperationEvent,
    ...guarded('operation:read', 'Each step of each operation.'),
    args: { filter: t.arg({ type: OperationFilter }), after: t.arg.string() },
    subscribe: (_, { filter, after }, context: Context) =>
      changeStream(context, {
        topic: 'OPERATION',
        permission: 'operation:read',
        after,
        matches: (operation: Operation) => matches(filter, operation),
      }),
    resolve: (item: Streamed, _, context) => changeEvent<Operation>(item, context),
  }),
);

/** The fields that every input has beside its own. */
const commonFields = (t: Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0]) => ({
  reason: t.string({ description: 'Why: stands on record.' }),
  dryRun: t.boolean({
    description: 'Judge only: same rule, same verdict, nothing done, no record. Default false.',
  }),
  waitSeconds: t.float({
    description:
      'How long to wait for the end before an open operation is returned; 0 to 120, default 45. Also how long it may queue.',
  }),
  idempotencyKey: t.string({
    description:
      'The same operation is returned for the same key, actor and mutation for 24 hours; secrets are null then. Not with dryRun.',
  }),
  override: t.field({ type: [GuardEnum], description: 'Guards that do not hold here; needs a reason.' }),
});
type InputFields = Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0];

type Permission = Parameters<typeof guarded>[0];

/** An input type with the common fields; its name ends in `Input`. */
export const actionInput = <Fields extends object>(name: string, fields: (t: InputFields) => Fields) =>
  builder.inputType(name, { fields: (t: InputFields) => ({ ...fields(t), ...commonFields(t) }) as never });

/** Performs the action of this name; the context says for whom. */
export const perform = (context: Context, action: string, input: unknown) => {
  if (input === null || typeof input !== 'object') throw new GraphQLError('input is missing');
  return context.operations.perform(context.requester, action, { ...input });
};

/** The mutation of an action: `name(input: NameInput!): Operation!`. */
export const operationMutation = <Fields extends object>(
  name: string,
  {
    permission,
    description,
    fields,
  }: { permission: Permission; description: string; fields: (t: InputFields) => Fields },
): void => {
  const input = actionInput(`${name.charAt(0).toUpperCase()}${name.slice(1)}Input`, fields);
  builder.mutationField(name, (t) =>
    t.field({
      type: OperationRef,
      description: `${description} Permission: ${permission}.`,
      args: { input: t.arg({ type: input, required: true }) },
      resolve: async (_, args, context: Context) => (await perform(context, name, args.input)).operation,
    }),
  );
};

operationMutation('sealAudit', {
  permission: 'audit:seal',
  description:
    'Writes the older part of the history into files that are verified, signed and sealed, then deletes it from the database. NOT_FOUND when nothing is older.',
  fields: (t) => ({
    before: t.field({ type: 'DateTime', required: true, description: 'Records before this moment.' }),
  }),
});
operationMutation('cancelOperation', {
  permission: 'operation:cancel',
  description:
    'Lets an open operation end early: a target that was begun is finished, the others are left. NOT_CANCELLABLE when it has ended.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});
