// The watch of alarms: reads the events from a cursor that is kept with what came of them, so that a server that is killed
// at any moment neither loses an alarm nor tells one by another id.
import type { SeenNode } from '../clusters/cluster.ts';
import { clusterScalars } from '../clusters/cluster.ts';
import { createBell } from '../platform/bell.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Events, StoredEvent, Transaction } from '../platform/events.ts';
import { failpoint } from '../platform/failpoints.ts';
import { uuidv7 } from '../platform/ids.ts';
import type { Log } from '../platform/log.ts';
import { isAlarmKind } from './alarms.ts';
import {
  applySteps,
  beginning,
  type Condition,
  conditionOf,
  dueAt,
  keyOf,
  rowOf,
  type Step,
  tellDue,
} from './conditions.ts';
import type { Deliver } from './deliver.ts';
import type { Deliveries } from './deliveries.ts';
import { type Names, ofCluster, ofFleet, ofNode, stepsOf, topics } from './from-events.ts';
import { stepsOfState, type World } from './from-state.ts';
import type { Told } from './message.ts';

export type WatchAlarms = {
  /** An act could not be put on record, or one could again. */
  recorded(could: boolean): void;
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
};

const positionKey = 'webhooks.position';
/** Events that led to nothing are read again after a restart; so many at most. */
const keepPositionEvery = 500;
/**
 * Events, steps and beginnings of one transaction. Each message is a row for each webhook, of which there may be a hundred:
 * all nodes of a fleet that go down together would hold up every other write, or never be done in time.
 */
const mostAtOnce = 50;
/** Between two looks: events come in bursts, and one look answers them all. */
const apartMs = 25;
const stateEveryMs = 1_000;
/** Tokens grow old without an event. */
const restMs = 60_000;
const againMs = 1_000;

export const createWatchAlarms = async ({
  db,
  events,
  deliveries,
  world,
  graceMs,
  deliver,
  clock,
  log,
}: {
  db: Database;
  events: Events;
  deliveries: Deliveries;
  world: Omit<World, 'names'>;
  graceMs: number;
  deliver: Deliver;
  clock: Clock;
  log: Log;
}): Promise<WatchAlarms> => {
  const { reader } = events;
  const { hosts, clusters } = world;
  const bell = createBell();
  const stopping = new AbortController();
  /** Or when the clock was set back to, if it was: a grace that began later than now would not end. */
  let startedAt = clock.now();
  const names: Names = {
    cluster: (id) => {
      const cluster = id === null ? null : clusters.find(id);
      return cluster && { id: cluster.id, name: cluster.name };
    },
    hostOfNode: (nodeId) => {
      const host = hosts.ofMember(nodeId);
      return host && { id: host.id, name: host.name };
    },
  };

  const kept = await db.read.setting.findUnique({ where: { key: positionKey } });
  let position = Math.min(kept ? Number(kept.value) : reader.head(), reader.head());
  let keptPosition = position;
  const keepPosition = (tx: Transaction, seq: number): void =>
    void tx.$sql.run(
      'INSERT INTO "Setting" ("key", "value") VALUES (?, ?) ON CONFLICT ("key") DO UPDATE SET "value" = "excluded"."value"',
      [positionKey, String(seq)],
    );
  // At once: a server that is killed before its first alarm would begin anew behind it.
  if (!kept) await db.write(async (tx) => keepPosition(tx, position));
  let holds: ReadonlyMap<string, Condition> = new Map(
    (await db.read.alarmCondition.findMany())
      // One of a kind that a later version knew is left as it is.
      .filter(({ kind }) => isAlarmKind(kind))
      .map(conditionOf)
      .map((each) => [keyOf(each), each]),
  );
  let given: Step[] = [];
  let stateAt = Number.NEGATIVE_INFINITY;
  /** It was looked at a moment ago, and something came since. */
  let stateIsLate = false;

  /** What follows from the steps, with the position, in one transaction. */
  const write = async (steps: readonly Step[], to: number): Promise<void> => {
    const now = clock.now();
    if (now < startedAt) startedAt = now;
    const first = applySteps(holds, steps, now);
    const { after, messages } = tellDue(first.after, now, startedAt, graceMs, mostAtOnce);
    const all = [...first.messages, ...messages];
    const gone = [...holds].filter(([key, { id }]) => after.get(key)?.id !== id);
    const news = [...after].filter(([key, condition]) => holds.get(key) !== condition);
    const isNothing = all.length + gone.length + news.length === 0;
    if (isNothing && to - keptPosition < keepPositionEvery) {
      position = to;
      return;
    }
    if (to > position) await failpoint('webhook.eventsRead');
    if (all.length > 0) await failpoint('webhook.beforeAlarm');
    const made = await db.write(async (tx) => {
      for (const [, { id }] of gone) tx.$sql.run('DELETE FROM "AlarmCondition" WHERE "id" = ?', [id]);
      for (const [key, condition] of news) {
        const { id, ...columns } = rowOf(condition);
        if (holds.get(key)?.id === id) tx.$sql.update('AlarmCondition', id, columns);
        else tx.$sql.insert('AlarmCondition', { id, ...columns });
      }
      let count = 0;
      for (const message of all) count += await deliveries.add(tx, message);
      keepPosition(tx, to);
      return count;
    });
    holds = after;
    position = to;
    keptPosition = to;
    if (made > 0) deliver.wake();
  };

  /** For what follows from what is, not from events: what is written of it before a kill does not follow again. */
  const writeInParts = async (steps: readonly Step[], to: number): Promise<void> => {
    let at = 0;
    for (; steps.length - at > mostAtOnce; at += mostAtOnce)
      await write(steps.slice(at, at + mostAtOnce), position);
    await write(steps.slice(at), to);
  };

  /** The events between what was read last and now are no longer kept: what is, is looked at instead. */
  const catchUp = (): Step[] => {
    log.warn({ position }, 'alarms: events were deleted before they were read; what is now is told');
    const ofFleets = world.declarations
      .list()
      .flatMap((declared) => ofFleet({ before: null, after: declared }, clock.now(), names));
    const ofClusters = clusters.list().flatMap((cluster) => {
      const scalars = clusterScalars(cluster);
      const unlike = { status: { state: 'UNKNOWN' } } as SeenNode;
      // Three managers or more that tolerate no loss have had one.
      const hadLoss = scalars.managers > 2 && scalars.tolerates === 0;
      return [
        ...ofCluster({ before: hadLoss ? { ...scalars, tolerates: 1 } : null, after: scalars }, clock.now()),
        ...[...cluster.nodes.values()].flatMap((after) =>
          ofNode({ before: unlike, after }, cluster.id, clock.now(), names),
        ),
      ];
    });
    return [...ofClusters, ...ofFleets];
  };

  /** One that cannot be understood must not hold up all that come after it. */
  const understood = (event: StoredEvent): Step[] => {
    try {
      return stepsOf(event, names);
    } catch (error) {
      log.error({ err: error, seq: event.seq }, 'alarms: an event could not be understood');
      return [];
    }
  };

  const next = (): { steps: Step[]; to: number } => {
    const head = reader.head();
    const pages = topics.map((topic) => reader.page(topic, position, head));
    const end = Math.min(...pages.map((page) => page.to));
    const found: StoredEvent[] = pages
      .flatMap((page) => page.events.filter(({ seq }) => seq <= end))
      .sort((a, b) => a.seq - b.seq);
    const taken = found.slice(0, mostAtOnce);
    const to = found.length > taken.length ? (taken.at(-1)?.seq ?? end) : end;
    return { steps: taken.flatMap(understood), to };
  };

  const pass = async (): Promise<void> => {
    do {
      if (position < reader.floor()) await writeInParts(catchUp(), reader.head());
      const { steps, to } = next();
      const taken = given;
      await write([...steps, ...taken], to);
      given = given.slice(taken.length);
    } while (position < reader.head() && !stopping.signal.aborted);
    stateIsLate = clock.monotonicMs() - stateAt < stateEveryMs;
    if (stateIsLate) return;
    stateAt = clock.monotonicMs();
    await writeInParts(stepsOfState(holds, { ...world, names }, clock.now()), position);
  };

  const waitMs = (): number => {
    const now = clock.now();
    const due = [...holds.values()]
      .filter(({ toldAt }) => toldAt === null)
      .map((condition) => dueAt(condition, startedAt, graceMs).getTime() - now.getTime());
    return Math.max(0, Math.min(restMs, ...due));
  };

  let rung = false;
  const wake = (): void => {
    rung = true;
    bell.ring();
  };
  reader.onCommitted(wake);
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      rung = false;
      let failed = false;
      await pass().catch((error: unknown) => {
        failed = true;
        if (!stopping.signal.aborted) log.error({ err: error }, 'alarms could not be looked for');
      });
      if (failed) await createBell().wait(againMs, stopping.signal);
      else if (!rung)
        await bell.wait(stateIsLate ? Math.min(stateEveryMs, waitMs()) : waitMs(), stopping.signal);
      await createBell().wait(apartMs, stopping.signal);
    }
  })();

  return {
    recorded: (could) => {
      const of = { kind: 'AUDIT_UNAVAILABLE' as const, subjectId: 'audit' };
      const told: Told = {
        from: could ? 'UNAVAILABLE' : 'AVAILABLE',
        to: could ? 'AVAILABLE' : 'UNAVAILABLE',
        page: '/audit',
      };
      const begin = { ...of, id: uuidv7(), clusterId: null, since: clock.now(), told };
      given = [...given, could ? { do: 'end', ...of, told } : { do: 'begin', ...begin }];
      // The database may take no alarm either, so it is posted as well before it is written.
      if (!could) void deliver.unwritten(beginning(begin));
      wake();
    },
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
};
