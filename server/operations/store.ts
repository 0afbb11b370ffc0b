// The operations' table, and the events that tell of it. Every change of an operation passes here.
import type { Audit, AuditEntry } from '../audit/record.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { DatabaseError } from '../platform/database-error.ts';
import type { Emit, Events, Transaction } from '../platform/events.ts';
import { failpoint } from '../platform/failpoints.ts';
import { Failure } from '../platform/failure.ts';
import { type Operation, openStates, operationOf, operationScalars, rowOf } from './operation.ts';

export type OperationStore = {
  /** Intent and operation, durable together before anything is done. */
  open(operation: Operation): Promise<void>;
  /** The operation as it stands now; `ended`: with its outcome. */
  save(operation: Operation, previous: unknown, ended: boolean): Promise<void>;
  /** @throws Failure AUDIT_UNAVAILABLE */
  record(operation: Operation, entry: Pick<AuditEntry, 'phase'>): Promise<void>;
  find(id: string): Promise<Operation | null>;
  findByKey(actorId: string, action: string, idempotencyKey: string): Promise<Operation | null>;
  /** An idempotency key is free again after 24 hours. */
  forgetKey(id: string): Promise<void>;
  listOpen(): Promise<Operation[]>;
};

const emitOperation = (
  emit: Emit,
  kind: 'ADDED' | 'UPDATED',
  operation: Operation,
  before: unknown,
): Promise<void> => {
  const old = before !== null && typeof before === 'object' && 'state' in before ? before.state : null;
  return emit({
    topic: 'OPERATION',
    kind,
    clusterId: operation.clusterId,
    subjectId: operation.id,
    before,
    after: operationScalars(operation),
    changes: old === operation.state ? [] : [{ path: 'state', old, new: operation.state }],
    operationId: operation.id,
  });
};

/** The disk is full, or the database locked. */
const unrecorded = (error: unknown): never => {
  if (!(error instanceof DatabaseError)) throw error;
  throw new Failure(
    'AUDIT_UNAVAILABLE',
    `it could not be put on record, so it was not done: ${error.code}`,
    'try again; look at the server’s disk',
  );
};

export const createOperationStore = ({
  db,
  events,
  audit,
  clock,
  onEnd,
}: {
  db: Database;
  events: Events;
  audit: Audit;
  clock: Clock;
  /** Hears of each operation once its outcome is on record. */
  onEnd: (operation: Operation) => void;
}): OperationStore => {
  const told = (operation: Operation): Omit<AuditEntry, 'phase'> => ({
    action: operation.action,
    actor: operation.actor,
    clusterId: operation.clusterId,
    targets: operation.targets.map(({ kind, id, name }) => ({ kind, id, name })),
    reason: operation.reason,
    requestId: operation.requestId,
    sourceAddress: operation.sourceAddress,
    operationId: operation.id,
  });

  const intent = (tx: Transaction, emit: Emit, operation: Operation) =>
    audit.append(tx, emit, { ...told(operation), phase: 'INTENT', input: operation.input });

  const outcome = (tx: Transaction, emit: Emit, operation: Operation) =>
    audit.append(tx, emit, {
      ...told(operation),
      phase: 'OUTCOME',
      outcome: operation.state,
      changes: operation.changes,
      failure: operation.failure,
      durationMs: Math.max(0, (operation.endedAt ?? clock.now()).getTime() - operation.startedAt.getTime()),
    });

  return {
    open: async (operation) => {
      await failpoint('audit.beforeIntent');
      await events.transact(async (tx, emit) => {
        tx.$sql.insert('Operation', rowOf(operation));
        await intent(tx, emit, operation);
        await emitOperation(emit, 'ADDED', operation, null);
        if (operation.endedAt) await outcome(tx, emit, operation);
        await failpoint('audit.intentWritten');
      });
      if (operation.endedAt) onEnd(operation);
      await failpoint('audit.afterIntent');
    },
    save: async (operation, previous, ended) => {
      await failpoint(ended ? 'audit.beforeOutcome' : 'operation.beforeSave');
      await events.transact(async (tx, emit) => {
        const { id, ...data } = rowOf(operation);
        tx.$sql.update('Operation', id, data);
        await emitOperation(emit, 'UPDATED', operation, previous);
        if (!ended) return;
        await outcome(tx, emit, operation);
        await failpoint('audit.outcomeWritten');
      });
      if (!ended) return;
      onEnd(operation);
      await failpoint('audit.afterOutcome');
    },
    record: async (operation, { phase }) => {
      await events
        .transact(async (tx, emit) => void (await audit.append(tx, emit, { ...told(operation), phase })))
        .catch(unrecorded);
      await failpoint('secret.recorded');
    },
    find: async (id) => {
      const row = await db.read.operation.findUnique({ where: { id } });
      return row && operationOf(row);
    },
    findByKey: async (actorId, action, idempotencyKey) => {
      const row = await db.read.operation.findFirst({ where: { actorId, action, idempotencyKey } });
      return row && operationOf(row);
    },
    forgetKey: (id) =>
      events.transact(
        async (tx) => void (await tx.operation.update({ where: { id }, data: { idempotencyKey: null } })),
      ),
    listOpen: async () => {
      const rows = await db.read.operation.findMany({
        where: { state: { in: [...openStates] } },
        orderBy: { id: 'asc' },
      });
      return rows.map(operationOf);
    },
  };
};
