// An audit record and its parts: who acted, on what, what changed, why it failed.
import type { AuditRecord as Row } from '../../../prisma/generated/client.ts';
import type { Context } from '../../context.ts';
import { builder } from '../../graphql/builder.ts';
import { pageSize } from '../../graphql/connection.ts';
import type { Change } from '../../platform/events.ts';
import type { Actor } from '../actor.ts';
import type { AuditTarget } from '../record.ts';
import { ActorKindEnum, AuditPhase } from './enums.ts';

export const ActorRef = builder.objectRef<Actor>('Actor').implement({
  description: 'Who acted.',
  fields: (t) => ({
    kind: t.field({ type: ActorKindEnum, resolve: ({ kind }) => kind }),
    id: t.exposeID('id'),
    name: t.exposeString('name', { description: 'As it was then.' }),
  }),
});

export const ChangeRef = builder.objectRef<Change>('Change').implement({
  description: 'One value that changed.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'For example `role` or `labels.zone`.' }),
    old: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Null: was not there.',
      resolve: ({ old }) => old,
    }),
    new: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Null: is no longer there.',
      resolve: (change) => change.new,
    }),
  }),
});

const AuditTargetRef = builder.objectRef<AuditTarget>('AuditTarget').implement({
  description: 'What a record speaks of; id and name as of then.',
  fields: (t) => ({
    kind: t.exposeString('kind', {
      description: 'NODE, HOST, CLUSTER, JOIN_TOKEN, API_KEY, ENROLMENT, OPERATION … Open.',
    }),
    id: t.exposeID('id', { nullable: true, description: 'Null: it was named but not found.' }),
    name: t.exposeString('name'),
  }),
});

export type FailureView = { code: string; message: string; hint: string | null; retryable: boolean };

export const FailureRef = builder.objectRef<FailureView>('Failure').implement({
  description: 'Why something was refused or failed.',
  fields: (t) => ({
    code: t.exposeString('code', {
      description: 'Stable; listed in docs/failures.md. Open: expect new values.',
    }),
    message: t.exposeString('message', { description: 'What is wrong, and which. For people.' }),
    hint: t.exposeString('hint', { nullable: true, description: 'What to do.' }),
    retryable: t.exposeBoolean('retryable', {
      description: 'The same call may succeed later without anybody changing anything.',
    }),
  }),
});

export const AuditRecordRef = builder.objectRef<Row>('AuditRecord').implement({
  description: 'One row of the append-only history. Each carries the hash of the one before.',
  fields: (t) => ({
    seq: t.exposeInt('seq'),
    at: t.field({ type: 'DateTime', resolve: ({ at }) => new Date(at) }),
    phase: t.field({ type: AuditPhase, resolve: ({ phase }) => phase as 'INTENT' }),
    action: t.exposeString('action', {
      description:
        'The mutation, or what was observed: nodeChanged, nodeAdded, nodeRemoved, swarmChanged, clusterDiscovered, enrolHost.',
    }),
    outcome: t.exposeString('outcome', {
      nullable: true,
      description: 'An operation’s final state; null in other phases.',
    }),
    actor: t.field({
      type: ActorRef,
      resolve: (row): Actor => ({
        kind: row.actorKind as Actor['kind'],
        id: row.actorId,
        name: row.actorName,
      }),
    }),
    targets: t.field({
      type: [AuditTargetRef],
      resolve: ({ targetsJson }): AuditTarget[] => JSON.parse(targetsJson),
    }),
    reason: t.exposeString('reason', { nullable: true }),
    input: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'What was asked for, redacted; of an observation, the interval in which it happened and the versions before and after.',
      resolve: ({ inputJson }) => (inputJson === null ? null : JSON.parse(inputJson)),
    }),
    changes: t.field({ type: [ChangeRef], resolve: ({ changesJson }): Change[] => JSON.parse(changesJson) }),
    failure: t.field({
      type: FailureRef,
      nullable: true,
      resolve: ({ failureJson }): FailureView | null =>
        failureJson === null ? null : JSON.parse(failureJson),
    }),
    durationMs: t.exposeInt('durationMs', {
      nullable: true,
      description: 'From intent to outcome, milliseconds.',
    }),
    requestId: t.exposeString('requestId', { nullable: true }),
    sourceAddress: t.exposeString('sourceAddress', {
      nullable: true,
      description: 'Where the request came from.',
    }),
    operationId: t.exposeID('operationId', { nullable: true }),
    previousHash: t.exposeString('previousHash'),
    hash: t.exposeString('hash', {
      description: 'SHA-256, hex, over all other columns (docs/operating.md).',
    }),
  }),
});

/** Of one thing: the newest `first` records (default 20, at most 100) that name its id, newest first. */
export const historyOf = ({ db }: Context, targetId: string, first: number | null | undefined) =>
  db.read.auditRecord.findMany({
    where: { targets: { some: { targetId } } },
    orderBy: { seq: 'desc' },
    take: pageSize('first', first ?? 20, 100),
  });
