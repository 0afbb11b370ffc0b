// The event table: one sequence of all observed changes. This is how it is written; event-reader.ts reads it.
import type { Clock } from './clock.ts';
import type { Database, Transaction } from './database.ts';
import { createEventReader, type EventReader } from './event-reader.ts';
import { failpoint } from './failpoints.ts';
import type { EventRow } from './stored-event.ts';

export type { Transaction } from './database.ts';
export type Topic =
  | 'NODE'
  | 'HOST'
  | 'CLUSTER'
  | 'OPERATION'
  | 'AUDIT'
  | 'SERVICE'
  | 'NETWORK'
  | 'SECRET'
  | 'CONFIG'
  | 'FLEET';
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

export type Events = Pick<EventReader, 'cursorOf' | 'check' | 'subscribe'> & {
  reader: EventReader;
  /**
   * The one way to write: a transaction with its events. `committed` runs after the commit, before the bell and before
   * any later write, so that projections and the sequence's head move together; without it, the write can be committed
   * in one group with those that come after it.
   */
  transact<T>(run: (tx: Transaction, emit: Emit) => Promise<T>, committed?: (value: T) => void): Promise<T>;
  /** Cursor of the newest committed event. */
  head(): string;
};
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
  const reader = await createEventReader({ db, generation });
  let prunedAt = reader.head();

  const prune = async (): Promise<void> => {
    prunedAt = reader.head();
    const floor = prunedAt - keep;
    if (floor <= reader.floor()) return;
    // First: who reads meanwhile is told that he is late, and never misses without a word.
    reader.forget(floor);
    await db.write(async (tx) => void (await tx.event.deleteMany({ where: { seq: { lte: floor } } })));
  };

  const transact: Events['transact'] = (run, committed) =>
    db
      .write(
        async (tx) => {
          const rows: EventRow[] = [];
          const emit: Emit = async ({ before, after, changes, ...event }) => {
            const data = {
              ...event,
              at: clock.now(),
              beforeJson: before === null ? null : JSON.stringify(before),
              afterJson: JSON.stringify(after),
              changesJson: JSON.stringify(changes),
            };
            rows.push({ ...data, seq: tx.$sql.insert('Event', data) });
            await failpoint('event.emitted');
          };
          return { value: await run(tx, emit), rows };
        },
        committed && (({ value }) => committed(value)),
        ({ rows }) => {
          const last = rows.at(-1);
          if (!last) return;
          reader.committed(rows);
          advanced?.(last.seq);
          failpoint('event.committed');
        },
      )
      .then(({ value }) => {
        if (reader.head() - prunedAt >= pruneEvery) prune().catch(() => undefined);
        return value;
      });

  const { cursorOf, check, subscribe } = reader;
  return { transact, reader, head: () => cursorOf(reader.head()), cursorOf, check, subscribe };
};
