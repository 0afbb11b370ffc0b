// Denials on record: the first ones each by itself, a flood of them as counts, so that nobody can fill the history.
import type { Clock } from '../platform/clock.ts';
import type { Events } from '../platform/events.ts';
import type { FailureInfo } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import type { Actor } from './actor.ts';
import type { Audit } from './record.ts';

export type Denial = {
  /** The mutation or field that was asked for, or `authenticate`, `attachAgent`, `enrolHost`. */
  action: string;
  actor: Actor;
  failure: FailureInfo;
  requestId: string | null;
  sourceAddress: string | null;
};

export type Denials = {
  /** Resolves when it is on record, or counted. @throws when the first of its kind cannot be recorded. */
  denied(denial: Denial): Promise<void>;
  /** The same for who cannot wait: a failure to record is logged. */
  note(denial: Denial): void;
  /** Records what was only counted so far, and counts no more. */
  stop(): Promise<void>;
};

/** Somebody without a valid key. */
export const anonymous: Actor = { kind: 'ANONYMOUS', id: 'anonymous', name: 'without a valid key' };

type Group = {
  denial: Denial;
  /** Written each by itself since the group began. */
  written: number;
  /** Counted since the last summary. */
  counted: number;
  from: Date;
  to: Date;
};

/** What a holder of a key is refused is told apart by the action, and the first three stand by themselves. */
const aloneOf = ({ failure }: Denial): number => (failure.code === 'FORBIDDEN' ? 3 : 1);

/**
 * Denials are one group when source, code, actor and action are the same. A group's first are written at once; the rest
 * of each interval is one record with `input { count from to }`. A group ends with an interval in which nothing came.
 *
 * @param sourceKey addresses that are to count as one source. @param intervalMs between two summaries.
 * @param mostGroups at a time: what comes beyond is counted together, by its code alone.
 */
export const createDenials = ({
  events,
  audit,
  sourceKey,
  clock,
  log,
  intervalMs = 60_000,
  mostGroups = 1_000,
}: {
  events: Events;
  audit: Audit;
  sourceKey: (address: string | null) => string;
  clock: Clock;
  log: Log;
  intervalMs?: number;
  mostGroups?: number;
}): Denials => {
  const groups = new Map<string, Group>();

  const groupOf = (denial: Denial): Group => {
    const { failure, actor, action, sourceAddress } = denial;
    const key = JSON.stringify([sourceKey(sourceAddress), failure.code, actor.id, action]);
    const found = groups.get(key);
    if (found) return found;
    const now = clock.now();
    const made = { written: 0, counted: 0, from: now, to: now };
    if (groups.size < mostGroups) {
      const group = { ...made, denial };
      groups.set(key, group);
      return group;
    }
    const rest = JSON.stringify([failure.code]);
    const group = groups.get(rest) ?? {
      ...made,
      denial: { ...denial, action: 'various', actor: anonymous, requestId: null, sourceAddress: null },
    };
    groups.set(rest, group);
    return group;
  };

  const write = (denial: Denial, input: unknown): Promise<void> =>
    events.transact(async (tx, emit) => {
      await audit.append(tx, emit, { ...denial, phase: 'DENIED', input });
    });

  const summarise = async (): Promise<void> => {
    for (const [key, group] of [...groups]) {
      const { counted: count, from, to, denial } = group;
      if (count === 0) {
        groups.delete(key);
        continue;
      }
      group.counted = 0;
      await write({ ...denial, requestId: null }, { count, from, to }).catch((error: unknown) => {
        if (group.counted === 0) group.to = to;
        group.counted += count;
        group.from = from;
        log.warn({ err: error, count }, 'denials were counted and could not be recorded yet');
      });
    }
  };
  const timer = setInterval(() => void summarise(), intervalMs);

  const count = (group: Group): void => {
    const now = clock.now();
    if (group.counted === 0) group.from = now;
    group.to = now;
    group.counted += 1;
  };

  const denied: Denials['denied'] = async (denial) => {
    const group = groupOf(denial);
    if (group.written < aloneOf(group.denial)) {
      group.written += 1;
      return write(denial, { count: 1 }).catch((error: unknown) => {
        count(group);
        throw error;
      });
    }
    count(group);
  };

  return {
    denied,
    note: (denial) =>
      void denied(denial).catch((error: unknown) =>
        log.error({ err: error, action: denial.action }, 'a denial could not be recorded'),
      ),
    stop: async () => {
      clearInterval(timer);
      await summarise();
    },
  };
};
