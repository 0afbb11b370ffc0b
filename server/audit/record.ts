// Appending to the history. One chain: each record carries the hash of the one before (chain.ts checks it).
import type { Clock } from '../platform/clock.ts';
import type { Change, Emit, Transaction } from '../platform/events.ts';
import type { FailureInfo } from '../platform/failure.ts';
import { scrub } from '../platform/secrets.ts';
import type { Actor } from './actor.ts';
import { chainStart, hashOf, type Link } from './chain.ts';

/**
 * INTENT before an act, OUTCOME when it is final, SECRET_READ, AUDIT_EXPORT (the history was read as a whole), OBSERVED (a
 * change seen, not made), DENIED.
 */
export type Phase = 'INTENT' | 'OUTCOME' | 'SECRET_READ' | 'AUDIT_EXPORT' | 'OBSERVED' | 'DENIED';
export type AuditTarget = { kind: string; id: string | null; name: string };

export type AuditEntry = {
  phase: Phase;
  action: string;
  /** An operation's final state; null in other phases. */
  outcome?: string | null;
  actor: Actor;
  clusterId?: string | null;
  targets?: readonly AuditTarget[];
  reason?: string | null;
  /** Redacted by whoever has it: no secret comes this far. */
  input?: unknown;
  changes?: readonly Change[];
  failure?: FailureInfo | null;
  durationMs?: number | null;
  requestId?: string | null;
  sourceAddress?: string | null;
  operationId?: string | null;
};

export type Audit = {
  /** Appends within the caller's transaction, so that the record and what it speaks of are durable together. */
  append(tx: Transaction, emit: Emit, entry: AuditEntry): Promise<{ seq: number }>;
};

/** JSON text for a column, free of secrets even where somebody wrote one into a reason or a name. */
const json = (value: unknown): string => scrub(JSON.stringify(value));

/** @param appended hears of each record, before its transaction is committed. */
export const createAudit = ({
  clock,
  appended = () => undefined,
}: {
  clock: Clock;
  appended?: (phase: Phase) => void;
}): Audit => ({
  append: async (tx, emit, entry) => {
    const [head] = tx.$sql.all<Link>('SELECT "seq", "hash" FROM "AuditRecord" ORDER BY "seq" DESC LIMIT 1');
    const targets = entry.targets ?? [];
    const content = {
      seq: (head?.seq ?? 0) + 1,
      at: clock.now(),
      phase: entry.phase,
      action: entry.action,
      outcome: entry.outcome ?? null,
      actorKind: entry.actor.kind,
      actorId: entry.actor.id,
      actorName: entry.actor.name,
      clusterId: entry.clusterId ?? null,
      targetsJson: json(targets),
      reason: entry.reason == null ? null : scrub(entry.reason),
      inputJson: entry.input === undefined ? null : json(entry.input),
      changesJson: json(entry.changes ?? []),
      failureJson: entry.failure ? json(entry.failure) : null,
      durationMs: entry.durationMs ?? null,
      requestId: entry.requestId ?? null,
      sourceAddress: entry.sourceAddress ?? null,
      operationId: entry.operationId ?? null,
      previousHash: head?.hash ?? chainStart,
    };
    const row = { ...content, hash: hashOf(content) };
    tx.$sql.insert('AuditRecord', row);
    const ids = new Map(
      targets.flatMap((target) => (target.id === null ? [] : [[`${target.kind}:${target.id}`, target]])),
    );
    for (const { kind, id } of ids.values())
      tx.$sql.insert('AuditTarget', { seq: row.seq, kind, targetId: id ?? '' });
    await emit({
      topic: 'AUDIT',
      kind: 'ADDED',
      clusterId: row.clusterId,
      subjectId: String(row.seq),
      before: null,
      after: row,
      changes: [],
      operationId: row.operationId,
    });
    appended(entry.phase);
    return { seq: row.seq };
  },
});
