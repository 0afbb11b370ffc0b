// An operation and its parts: targets, steps, guards, warnings, progress.
import { ActorRef, AuditRecordRef, FailureRef } from '../../audit/schema/record.ts';
import { builder, guarded } from '../../graphql/builder.ts';
import type { Guard, Operation, Progress, Step, Target, Warning } from '../operation.ts';
import { GuardEnum, OperationStateEnum, TargetStateEnum } from './enums.ts';
import { ImpactRef } from './impact.ts';

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
