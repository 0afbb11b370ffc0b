// Whose change is it? What operations expected is theirs; what is left was done without Skep (EXTERNAL).
import type { Change, Transaction } from '../platform/events.ts';

/** A change of a node (subject: its id) or of the swarm itself (subject: the cluster's id). */
export type SeenChange = Change & { subjectId: string };

/** An effect that nobody heard the answer of may still come this long after its operation ended. */
const lateEffectMs = 30_000;
/** Two managers' clocks of one raft log: a read begun this soon after an operation's end may not show it yet. */
const settleMs = 2_000;
/** Expected, but with a value that is not known before, such as a new token. */
export const anyValue = '*';
/** Path of an expected join: its subject is the host, since the node's id is not known before. */
export const joinedPath = 'joined';

export type Explanation = {
  /** The operation that a change belongs to; null: none. */
  operationOf(change: SeenChange): string | null;
  /** The operation that lets this host join now. */
  joinOf(hostId: string | null): string | null;
  /** Whether any host's join is expected: a new node may be its. */
  joinsOpen: boolean;
  /** Marks what was matched, and what can no longer come. */
  settle(): void;
};

/** With its operation's state, null where there is none of that id, and the end of it. */
type Expected = {
  id: number;
  operationId: string;
  subjectId: string;
  path: string;
  valueJson: string;
  state: string | null;
  endedAt: string | null;
};
const unseen = `SELECT e."id", e."operationId", e."subjectId", e."path", e."valueJson", o."state", o."endedAt" FROM "Expectation" e LEFT JOIN "Operation" o ON o."id" = e."operationId" WHERE e."clusterId" = ? AND e."seenAt" IS NULL AND (e."path" LIKE 'object.%') = ? ORDER BY e."id"`;
const markSeen = 'UPDATE "Expectation" SET "seenAt" = ? WHERE "id" = ?';

/**
 * @param since when the read before this one began; null: there was none.
 * @param of whose watcher asks: each settles what is its own.
 */
export const explain = (
  tx: Transaction,
  clusterId: string,
  since: Date | null,
  now: Date,
  of: 'NODES' | 'OBJECTS' = 'NODES',
): Explanation => {
  const rows = tx.$sql.all<Expected>(unseen, [clusterId, of === 'OBJECTS' ? 1 : 0]);
  const isLive = ({ state, endedAt }: Expected): boolean => {
    if (state === null) return false;
    if (endedAt === null || since === null) return true;
    const grace = state === 'SUCCEEDED' ? settleMs : lateEffectMs;
    return Date.parse(endedAt) > since.getTime() - grace;
  };
  const live = rows.filter(isLive);
  const seen = new Set(rows.filter((row) => !live.includes(row)).map(({ id }) => id));

  const match = (subjectId: string, path: string, value: unknown): string | null => {
    const wanted = JSON.stringify(value);
    const found = live.findLast(
      (row) =>
        row.subjectId === subjectId &&
        row.path === path &&
        (row.valueJson === wanted || row.valueJson === JSON.stringify(anyValue)),
    );
    if (!found) return null;
    // What came before it on the same value was overtaken between two reads.
    for (const row of live)
      if (row.subjectId === subjectId && row.path === path && row.id <= found.id) seen.add(row.id);
    return found.operationId;
  };

  return {
    operationOf: ({ subjectId, path, new: value }) => match(subjectId, path, value),
    joinOf: (hostId) => (hostId === null ? null : match(hostId, joinedPath, anyValue)),
    joinsOpen: live.some(({ path }) => path === joinedPath),
    settle: () => {
      for (const id of seen) tx.$sql.run(markSeen, [now, id]);
    },
  };
};
