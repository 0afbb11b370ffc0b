// The event table: one sequence of all observed changes. Subscriptions read it by cursor; the bus is only a bell.
import type { Prisma } from '../../prisma/generated/client.ts';
import { createBell } from './bell.ts';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import { failpoint } from './failpoints.ts';
import { Failure } from './failure.ts';

export type Transaction = Prisma.TransactionClient;
export type Topic = 'NODE' | 'HOST' | 'CLUSTER' | 'OPERATION' | 'AUDIT';
export type EventKind = 'ADDED' | 'UPDATED' | 'REMOVED';

/** One value that changed; `old` or `new` null: was not there, is no longer there. */
export type Change = { path: string; old: unknown; new: unknown };

export type EventDraft = {
  topic: Topic;
  kind: EventKind;
  clusterId: string | null;
  subjectId: string;
  /** The scalars before; null when it was not there. */
  before: unknown;
  /** The scalars then. */
  after: unknown;
  changes: readonly Change[];
  operationId: string | null;
};

export type StoredEvent = EventDraft & { seq: number; at: Date };
export type Emit = (draft: EventDraft) => Promise<void>;

export type Subscription = {
  topic: Topic;
  /** Cursor to go on from; null: from now on. */
  after: string | null | undefined;
  matches: (event: StoredEvent) => boolean;
  signal?: AbortSignal;
};

export type Events = {
  /**
   * The one way to write: a transaction with its events. `committed` runs after the commit, before the bell and before
   * any later write, so that projections and the sequence's head move together.
   */
  transact<T>(run: (tx: Transaction, emit: Emit) => Promise<T>, committed?: (value: T) => void): Promise<T>;
  /** Cursor of the newest committed event. */
  head(): string;
  cursorOf(seq: number): string;
  /** @throws Failure CURSOR_TOO_OLD, BAD_USER_INPUT when one cannot go on from this cursor. */
  check(cursor: string | null | undefined): void;
  /** @throws Failure CURSOR_TOO_OLD, also later, when the reader falls behind what is kept. */
  subscribe(subscription: Subscription): AsyncGenerator<StoredEvent>;
};

const pageSize = 200;
/** A reader that missed the bell looks again by itself. */
const bellTimeoutMs = 5_000;
const pruneEvery = 1_000;

/**
 * @param generation of the database: a cursor of another one is refused.
 * @param advanced told the newest event's number after each commit.
 * @param keep how many events are kept; older ones are deleted.
 */
export const createEvents = async ({
  db,
  clock,
  generation,
  advanced,
  keep = 100_000,
}: {
  db: Database;
  clock: Clock;
  generation: string;
  advanced?: (seq: number) => void;
  keep?: number;
}): Promise<Events> => {
  const bell = createBell();
  const bounds = await db.read.event.aggregate({ _max: { seq: true }, _min: { seq: true } });
  let headSeq = bounds._max.seq ?? 0;
  let floorSeq = (bounds._min.seq ?? 1) - 1;
  let prunedAt = headSeq;

  const cursorOf = (seq: number): string => Buffer.from(`${generation}:${seq}`).toString('base64url');

  const seqOf = (cursor: string): number => {
    const [of, seq] = Buffer.from(cursor, 'base64url').toString().split(':');
    if (seq === undefined || !/^\d{1,15}$/.test(seq))
      throw new Failure(
        'BAD_USER_INPUT',
        'this is not a cursor of an event',
        'take eventCursor from a query',
      );
    if (of !== generation || Number(seq) > headSeq)
      throw new Failure('CURSOR_TOO_OLD', 'the cursor is of another server generation', 'query again');
    return Number(seq);
  };

  const prune = async (): Promise<void> => {
    prunedAt = headSeq;
    const floor = headSeq - keep;
    if (floor <= floorSeq) return;
    // First: who reads meanwhile is told that he is late, and never misses without a word.
    floorSeq = floor;
    await db.write(async (tx) => void (await tx.event.deleteMany({ where: { seq: { lte: floor } } })));
  };

  const transact: Events['transact'] = (run, committed) =>
    db
      .write(
        async (tx) => {
          let last = 0;
          const emit: Emit = async ({ before, after, changes, ...event }) => {
            const row = await tx.event.create({
              data: {
                ...event,
                at: clock.now(),
                beforeJson: before === null ? null : JSON.stringify(before),
                afterJson: JSON.stringify(after),
                changesJson: JSON.stringify(changes),
              },
              select: { seq: true },
            });
            last = row.seq;
            await failpoint('event.emitted');
          };
          return { value: await run(tx, emit), last };
        },
        ({ value, last }) => {
          committed?.(value);
          if (last === 0) return;
          headSeq = last;
          advanced?.(last);
          bell.ring();
          failpoint('event.committed');
        },
      )
      .then(({ value }) => {
        if (headSeq - prunedAt >= pruneEvery) prune().catch(() => undefined);
        return value;
      });

  const tooOld = (seq: number): Failure | null =>
    seq < floorSeq
      ? new Failure('CURSOR_TOO_OLD', 'the events after this cursor are no longer kept', 'query again')
      : null;

  async function* subscribe({ topic, after, matches, signal }: Subscription): AsyncGenerator<StoredEvent> {
    const ended = signal ?? new AbortController().signal;
    let seq = after == null ? headSeq : seqOf(after);
    while (!ended.aborted) {
      const late = tooOld(seq);
      if (late) throw late;
      const until = headSeq;
      if (until <= seq) {
        await bell.wait(bellTimeoutMs, ended);
        continue;
      }
      const rows = await db.read.event.findMany({
        where: { topic, seq: { gt: seq, lte: until } },
        orderBy: { seq: 'asc' },
        take: pageSize,
      });
      // Pruned since it was looked at: what was read may have a gap.
      const overtaken = tooOld(seq);
      if (overtaken) throw overtaken;
      for (const { beforeJson, afterJson, changesJson, ...row } of rows) {
        const event: StoredEvent = {
          ...(row as Pick<
            StoredEvent,
            'seq' | 'at' | 'topic' | 'kind' | 'clusterId' | 'subjectId' | 'operationId'
          >),
          before: beforeJson === null ? null : JSON.parse(beforeJson),
          after: JSON.parse(afterJson),
          changes: JSON.parse(changesJson),
        };
        seq = event.seq;
        if (matches(event)) yield event;
        if (ended.aborted) return;
      }
      if (rows.length < pageSize) seq = until;
    }
  }

  const check = (cursor: string | null | undefined): void => {
    const late = cursor == null ? null : tooOld(seqOf(cursor));
    if (late) throw late;
  };

  return { transact, head: () => cursorOf(headSeq), cursorOf, check, subscribe };
};
