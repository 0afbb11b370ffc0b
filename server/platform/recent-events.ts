// The newest events in memory, as they were committed, so that who reads them live asks the database for nothing.
import type { StoredEvent } from './events.ts';
import { type EventRow, storedEvent } from './stored-event.ts';

/** How many are kept, and how many characters of JSON they may have together; the oldest go first. */
export const recentLimits = { events: 2_048, characters: 4_000_000 } as const;

export type RecentEvents = {
  /** In the order of the sequence; all that were committed. */
  push(rows: readonly EventRow[]): void;
  /** Those after `seq` up to `until`, in order; null: the oldest of them are no longer here. */
  between(seq: number, until: number): readonly StoredEvent[] | null;
};

const sizeOf = ({ beforeJson, afterJson, changesJson }: EventRow): number =>
  (beforeJson?.length ?? 0) + afterJson.length + changesJson.length;

/** @param since the newest event's number before the first push. */
export const createRecentEvents = (since: number): RecentEvents => {
  const kept: { event: StoredEvent; characters: number }[] = [];
  /** Whatever came after this one is here. */
  let complete = since;
  let characters = 0;
  return {
    push: (rows) => {
      for (const row of rows) {
        const size = sizeOf(row);
        kept.push({ event: storedEvent(row, row.at), characters: size });
        characters += size;
      }
      while (kept.length > recentLimits.events || characters > recentLimits.characters) {
        const oldest = kept.shift();
        if (!oldest) return;
        complete = oldest.event.seq;
        characters -= oldest.characters;
      }
    },
    between: (seq, until) => {
      if (seq < complete) return null;
      let first = kept.length;
      while ((kept[first - 1]?.event.seq ?? 0) > seq) first -= 1;
      const found: StoredEvent[] = [];
      for (let index = first; index < kept.length; index += 1) {
        const event = kept[index]?.event;
        if (!event || event.seq > until) break;
        found.push(event);
      }
      return found;
    },
  };
};
