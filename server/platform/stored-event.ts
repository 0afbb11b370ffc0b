// An event as it stands in the table, and as its readers take it: its values are parsed when they are asked for.
import type { Change, StoredEvent } from './events.ts';

/** The columns; the values as JSON text. */
export type EventRow = Omit<StoredEvent, 'before' | 'after' | 'changes'> & {
  beforeJson: string | null;
  afterJson: string;
  changesJson: string;
};

type Kept = EventRow & { parsed: { before?: unknown; after?: unknown; changes?: readonly Change[] } };

/** What all events inherit: accessors of their own for each event cost more than the event is read with. */
const values = {
  get before(): unknown {
    const { parsed, beforeJson } = this as unknown as Kept;
    if (parsed.before === undefined) parsed.before = beforeJson === null ? null : JSON.parse(beforeJson);
    return parsed.before;
  },
  get after(): unknown {
    const { parsed, afterJson } = this as unknown as Kept;
    if (parsed.after === undefined) parsed.after = JSON.parse(afterJson);
    return parsed.after;
  },
  get changes(): readonly Change[] {
    const { parsed, changesJson } = this as unknown as Kept;
    parsed.changes ??= JSON.parse(changesJson) as readonly Change[];
    return parsed.changes;
  },
};

/**
 * Shared by all who read it, so nobody may change its values; nor copy it by `…`, which leaves them out.
 * @param at the row's, where that is text.
 */
export const storedEvent = (row: Omit<EventRow, 'at'>, at: Date): StoredEvent => {
  const event = {
    __proto__: values,
    seq: row.seq,
    at,
    topic: row.topic,
    kind: row.kind,
    clusterId: row.clusterId,
    subjectId: row.subjectId,
    operationId: row.operationId,
    beforeJson: row.beforeJson,
    afterJson: row.afterJson,
    changesJson: row.changesJson,
    parsed: {},
  };
  return event as unknown as StoredEvent;
};
