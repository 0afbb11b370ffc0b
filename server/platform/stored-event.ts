// An event as it stands in the table, and as its readers take it: its values are parsed when they are asked for.
import type { Change, StoredEvent } from './events.ts';

/** The columns; the values as JSON text. */
export type EventRow = Omit<StoredEvent, 'before' | 'after' | 'changes'> & {
  beforeJson: string | null;
  afterJson: string;
  changesJson: string;
};

/** Shared by all who read it, so nobody may change its values. */
export const storedEvent = ({ beforeJson, afterJson, changesJson, ...row }: EventRow): StoredEvent => {
  let before: { is: unknown } | undefined;
  let after: { is: unknown } | undefined;
  let changes: readonly Change[] | undefined;
  return {
    ...row,
    get before() {
      before ??= { is: beforeJson === null ? null : JSON.parse(beforeJson) };
      return before.is;
    },
    get after() {
      after ??= { is: JSON.parse(afterJson) };
      return after.is;
    },
    get changes() {
      changes ??= JSON.parse(changesJson) as readonly Change[];
      return changes;
    },
  };
};
