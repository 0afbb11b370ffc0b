// The audit log in GraphQL: records, their page, their verification, their live feed.
import type { AuditRecord as Row } from '../../prisma/generated/client.ts';
import type { Context } from '../context.ts';
import { builder, guarded } from '../graphql/builder.ts';
import { keysetPage } from '../graphql/connection.ts';
import { changeStream, type Streamed, told } from '../graphql/stream.ts';
import type { Change } from '../platform/events.ts';
import type { Actor } from './actor.ts';
import { conditionsOf } from './filter.ts';
import type { SignedHead } from './head.ts';
import type { AuditTarget } from './record.ts';
import type { FullVerification, WitnessVerdict } from './verify.ts';

const ActorKindEnum = builder.enumType('ActorKind', {
  description: 'Open: expect new values.',
  values: {
    API_KEY: { description: 'A frontend or script.' },
    PERSON: { description: 'Somebody who signed in.' },
    AGENT: { description: 'A host’s agent.' },
    SYSTEM: { description: 'The server itself.' },
    EXTERNAL: { description: 'Somebody who used the engine without Skep; Docker does not tell who.' },
    ANONYMOUS: { description: 'Somebody without a valid key.' },
  } as const,
});

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

const AuditPhase = builder.enumType('AuditPhase', {
  description: 'Open: expect new values.',
  values: {
    INTENT: { description: 'Written before anything is done.' },
    OUTCOME: { description: 'Written once, when the operation is final.' },
    SECRET_READ: { description: 'Written before a secret is read.' },
    AUDIT_EXPORT: { description: 'Written before an export of the history is sent.' },
    OBSERVED: { description: 'A change that was seen, not made.' },
    DENIED: {
      description:
        'Refused: no valid key, the permission is held in no scope, or too often. The first from a source stand each by itself; of more, `input` has how many there were, from when to when.',
    },
  } as const,
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

const AuditFilter = builder.inputType('AuditFilter', {
  description: 'All that are given must hold.',
  fields: (t) => ({
    cluster: t.id(),
    actor: t.id({ description: 'An actor’s id.' }),
    action: t.string(),
    outcome: t.string(),
    phase: t.field({ type: [AuditPhase] }),
    target: t.id({ description: 'The id of a node, host, cluster … that the record speaks of.' }),
    operation: t.id(),
    from: t.field({ type: 'DateTime', description: 'At or after.' }),
    to: t.field({ type: 'DateTime', description: 'Before.' }),
  }),
});
type Filter = typeof AuditFilter.$inferInput;

const AuditRecordConnection = builder.connectionObject({
  type: AuditRecordRef,
  name: 'AuditRecordConnection',
});

export const SignedHeadRef = builder.objectRef<SignedHead>('SignedAuditHead').implement({
  description:
    'The server’s word of what its history is at one record; its hash there covers all before. Kept outside the server, it proves a later change.',
  fields: (t) => ({
    server: t.exposeID('server', { description: 'Id of the installation.' }),
    generation: t.exposeID('generation', {
      description: 'Changes when a backup is restored: then the history goes on as a branch of the old one.',
    }),
    seq: t.exposeInt('seq'),
    hash: t.exposeString('hash'),
    at: t.field({ type: 'DateTime', resolve: ({ at }) => new Date(at) }),
    signature: t.exposeString('signature', {
      description:
        'Ed25519 by the server’s key, base64url, over the text "skep-audit-head-v1" and server, generation, seq, hash and at, each after a line feed.',
    }),
  }),
});

const WitnessVerdictRef = builder.objectRef<WitnessVerdict>('AuditWitnessVerdict').implement({
  description: 'What an agent keeps of the history, held against it.',
  fields: (t) => ({
    hostId: t.id({ resolve: ({ host }) => host.id }),
    hostName: t.string({ resolve: ({ host }) => host.name }),
    held: t.exposeInt('held', { description: 'Signed heads that it keeps.' }),
    branched: t.exposeInt('branched', {
      description: 'Of these, heads of records that a restored backup has left behind.',
    }),
    newest: t.field({ type: SignedHeadRef, nullable: true, resolve: ({ newest }) => newest }),
    contradiction: t.field({
      type: SignedHeadRef,
      nullable: true,
      description: 'The oldest one that the history contradicts: it was changed there or before.',
      resolve: ({ contradiction }) => contradiction,
    }),
  }),
});

const VerificationRef = builder.objectRef<FullVerification>('AuditVerification').implement({
  description:
    'What reading the whole history gave: each link of its chain, the heads that the server signed, and those that the connected agents keep.',
  fields: (t) => ({
    ok: t.exposeBoolean('ok'),
    checked: t.exposeInt('checked', { description: 'Records that fit.' }),
    head: t.field({
      type: builder.objectRef<{ seq: number; hash: string }>('AuditHead').implement({
        fields: (f) => ({ seq: f.exposeInt('seq'), hash: f.exposeString('hash') }),
      }),
      nullable: true,
      resolve: ({ head }) => head,
    }),
    fault: t.field({
      type: builder.objectRef<{ seq: number; message: string }>('AuditFault').implement({
        description:
          'The first record that does not fit: of the chain, else of the signed heads, else of what agents keep.',
        fields: (f) => ({ seq: f.exposeInt('seq'), message: f.exposeString('message') }),
      }),
      nullable: true,
      resolve: ({ fault }) => fault,
    }),
    signedHeads: t.exposeInt('signedHeads', { description: 'Heads of the server’s own that were checked.' }),
    witnesses: t.field({
      type: [WitnessVerdictRef],
      description: 'The connected agents that answered; none are told to a key with cluster scopes.',
      resolve: ({ witnesses }) => witnesses,
    }),
  }),
});

const isSeq = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);

builder.queryFields((t) => ({
  auditLog: t.field({
    type: AuditRecordConnection,
    ...guarded('audit:read', 'The history, newest first. `first` or `last` 1 to 100, default 50; no count.'),
    args: {
      filter: t.arg({ type: AuditFilter }),
      first: t.arg.int(),
      after: t.arg.string(),
      last: t.arg.int(),
      before: t.arg.string(),
    },
    resolve: (_, { filter, ...page }, { db, scopeOf, requester }) => {
      const scope = scopeOf(requester);
      return keysetPage(
        page,
        100,
        ({ seq }: Row) => seq,
        isSeq,
        ({ above, below, order, take }) =>
          db.read.auditRecord.findMany({
            where: {
              AND: [
                {
                  seq: { ...(above === null ? {} : { gt: above }), ...(below === null ? {} : { lt: below }) },
                },
                ...conditionsOf(filter, scope),
              ],
            },
            orderBy: { seq: order },
            take,
          }),
      );
    },
  }),
  verifyAudit: t.field({
    type: VerificationRef,
    ...guarded(
      'audit:read',
      'Reads the whole history, checks each link and each signed head, and asks the connected agents for the heads that they keep.',
    ),
    extensions: { cost: 50_000 },
    resolve: async (_, __, { verifyAudit, scopeOf, requester }) => {
      const found = await verifyAudit();
      if (scopeOf(requester) === null) return found;
      // Agents are of hosts: which of them keeps what is told to those who see all hosts.
      const byAgent = found.witnesses.some(({ contradiction }) => contradiction !== null);
      const fault = found.fault && {
        seq: found.fault.seq,
        message: byAgent ? 'what is kept outside says otherwise' : found.fault.message,
      };
      return { ...found, fault, witnesses: [] };
    },
  }),
  auditHead: t.field({
    type: SignedHeadRef,
    nullable: true,
    ...guarded('audit:read', 'The newest signed head, to be kept outside. Null in an empty history.'),
    resolve: (_, __, { heads }) => heads.newest(),
  }),
  eventCursor: t.string({
    ...guarded('operation:read', 'Where the event stream stands now: subscribe with it as `after`.'),
    resolve: (_, __, { events }) => events.head(),
  }),
}));

const matches = (filter: Filter | null | undefined, row: Row): boolean =>
  !filter ||
  ((filter.cluster == null || row.clusterId === filter.cluster) &&
    (filter.actor == null || row.actorId === filter.actor) &&
    (filter.action == null || row.action === filter.action) &&
    (filter.outcome == null || row.outcome === filter.outcome) &&
    (filter.phase == null || filter.phase.some((phase) => phase === row.phase)) &&
    (filter.operation == null || row.operationId === filter.operation) &&
    (filter.target == null ||
      (JSON.parse(row.targetsJson) as AuditTarget[]).some(({ id }) => id === filter.target)) &&
    (filter.from == null || new Date(row.at) >= filter.from) &&
    (filter.to == null || new Date(row.at) < filter.to));

const AuditEvent = builder.objectRef<{ cursor: string; record: Row }>('AuditEvent').implement({
  fields: (t) => ({
    cursor: t.exposeString('cursor'),
    record: t.field({ type: AuditRecordRef, resolve: ({ record }) => record }),
  }),
});

builder.subscriptionField('auditRecorded', (t) =>
  t.field({
    type: AuditEvent,
    ...guarded('audit:read', 'Each record as it is written.'),
    args: { filter: t.arg({ type: AuditFilter }), after: t.arg.string() },
    subscribe: (_, { filter, after }, context: Context) =>
      changeStream(context, {
        topic: 'AUDIT',
        permission: 'audit:read',
        after,
        matches: (row: Row) => matches(filter, row),
      }),
    resolve: (item: Streamed, _, { events }) => {
      const event = told(item);
      return { cursor: events.cursorOf(event.seq), record: event.after as Row };
    },
  }),
);
