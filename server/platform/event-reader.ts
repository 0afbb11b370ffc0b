// Reading the event sequence by cursor: from the newest in memory, else page by page from the table.
import { createBell } from './bell.ts';
import type { Database } from './database.ts';
import type { StoredEvent, Subscription, Topic } from './events.ts';
import { Failure } from './failure.ts';
import { createRecentEvents } from './recent-events.ts';
import { type EventRow, storedEvent } from './stored-event.ts';

/** What follows a number in the sequence: all events of a topic up to `to`, which is where to go on. */
export type Page = { events: readonly StoredEvent[]; to: number };

export type EventReader = {
  /** Number of the newest committed event. */
  head(): number;
  /** Number of the newest event that is no longer kept. */
  floor(): number;
  cursorOf(seq: number): string;
  /** @throws Failure CURSOR_TOO_OLD, BAD_USER_INPUT when this is no cursor of this sequence. */
  seqOf(cursor: string): number;
  /** @throws Failure CURSOR_TOO_OLD, BAD_USER_INPUT when one cannot go on from this cursor. */
  check(cursor: string | null | undefined): void;
  /**
   * The next events after `seq`, at most {@link pageSize} and none after `until`, so without a gap.
   * @throws Failure CURSOR_TOO_OLD
   */
  page(topic: Topic, seq: number, until: number): Page;
  /** @throws Failure CURSOR_TOO_OLD, also later, when the reader falls behind what is kept. */
  subscribe(subscription: Subscription): AsyncGenerator<StoredEvent>;
  /** Calls at once after each commit that has events, before the next write: something quick that never throws. */
  onCommitted(listener: (rows: readonly EventRow[]) => void): void;
  /** The writing side: these were committed. */
  committed(rows: readonly EventRow[]): void;
  /** The writing side: up to this one they will be deleted. */
  forget(floor: number): void;
};

export const pageSize = 200;
/** A reader that missed the bell looks again by itself. */
const bellTimeoutMs = 5_000;

/** As SQLite gives it: times are text. */
type TableRow = Omit<EventRow, 'at'> & { at: string };
const nextRows =
  'SELECT * FROM "Event" WHERE "topic" = ? AND "seq" > ? AND "seq" <= ? ORDER BY "seq" LIMIT ?';

/** A page that is not full has all there is. */
const endOf = (events: readonly StoredEvent[], until: number): number =>
  events.length < pageSize ? until : (events.at(-1)?.seq ?? until);

/** @param generation of the database: a cursor of another one is refused. */
export const createEventReader = async ({
  db,
  generation,
}: {
  db: Database;
  generation: string;
}): Promise<EventReader> => {
  const bell = createBell();
  const listeners: ((rows: readonly EventRow[]) => void)[] = [];
  const bounds = await db.read.event.aggregate({ _max: { seq: true }, _min: { seq: true } });
  let headSeq = bounds._max.seq ?? 0;
  let floorSeq = (bounds._min.seq ?? 1) - 1;
  const recent = createRecentEvents(headSeq);

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

  const checkAge = (seq: number): void => {
    if (seq < floorSeq)
      throw new Failure('CURSOR_TOO_OLD', 'the events after this cursor are no longer kept', 'query again');
  };

  /** What was read last: who took a part of it goes on within it, and so does who comes just after. */
  let last: (Page & { topic: Topic; from: number }) | null = null;
  const stored = (topic: Topic, seq: number, until: number): Page => {
    if (last?.topic === topic && last.from <= seq && seq < last.to) {
      const events = last.events.filter((event) => event.seq > seq && event.seq <= until);
      return { events, to: Math.min(last.to, until) };
    }
    const rows = db.sql.all<TableRow>(nextRows, [topic, seq, until, pageSize]);
    const events = rows.map((row) => storedEvent(row, new Date(row.at)));
    const page = { events, to: endOf(events, until) };
    last = { ...page, topic, from: seq };
    return page;
  };

  const page: EventReader['page'] = (topic, seq, until) => {
    checkAge(seq);
    const newest = recent.between(seq, until);
    if (!newest) return stored(topic, seq, until);
    const events = newest.filter((event) => event.topic === topic).slice(0, pageSize);
    return { events, to: endOf(events, until) };
  };

  async function* subscribe({ topic, after, matches, signal }: Subscription): AsyncGenerator<StoredEvent> {
    const ended = signal ?? new AbortController().signal;
    let seq = after == null ? headSeq : seqOf(after);
    while (!ended.aborted) {
      if (headSeq <= seq) {
        checkAge(seq);
        await bell.wait(bellTimeoutMs, ended);
        continue;
      }
      const { events, to } = page(topic, seq, headSeq);
      for (const event of events) {
        if (matches(event)) yield event;
        if (ended.aborted) return;
      }
      seq = to;
    }
  }

  return {
    head: () => headSeq,
    floor: () => floorSeq,
    cursorOf: (seq) => Buffer.from(`${generation}:${seq}`).toString('base64url'),
    seqOf,
    check: (cursor) => {
      if (cursor != null) checkAge(seqOf(cursor));
    },
    page,
    subscribe,
    onCommitted: (listener) => void listeners.push(listener),
    committed: (rows) => {
      headSeq = rows.at(-1)?.seq ?? headSeq;
      recent.push(rows);
      bell.ring();
      for (const listener of listeners) listener(rows);
    },
    forget: (floor) => {
      floorSeq = floor;
    },
  };
};
