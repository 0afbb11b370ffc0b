// What has happened to one thing, of the events that are kept.
import type { StoredEvent, Topic } from './events.ts';
import type { PreparedRead } from './prepared-sql.ts';
import { type EventRow, storedEvent } from './stored-event.ts';

/** Newest first. */
export const pastEvents = (
  sql: PreparedRead,
  { topic, subjectId, first }: { topic: Topic; subjectId: string; first: number },
): StoredEvent[] =>
  sql
    .all<Omit<EventRow, 'at'> & { at: string }>(
      'SELECT * FROM "Event" WHERE "topic" = ? AND "subjectId" = ? ORDER BY "seq" DESC LIMIT ?',
      [topic, subjectId, first],
    )
    .map((row) => storedEvent(row, new Date(row.at)));
