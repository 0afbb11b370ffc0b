// What holds now and is worth an alarm. Pure: what a step makes of it, and which messages follow.
import type { AlarmCondition as Row } from '../../prisma/generated/client.ts';
import { uuidv7 } from '../platform/ids.ts';
import { type AlarmKind, alarms, withdrawn } from './alarms.ts';
import type { Message, Told } from './message.ts';

export type Condition = {
  /** Of the alarm: its beginning and its end name it. */
  id: string;
  kind: AlarmKind;
  /** What it is about: a node, a host, a cluster, a token. */
  subjectId: string;
  clusterId: string | null;
  since: Date;
  /** Null: it does not hold for long enough yet. */
  toldAt: Date | null;
  told: Told;
};

export type Step =
  | {
      do: 'begin';
      kind: AlarmKind;
      subjectId: string;
      clusterId: string | null;
      since: Date;
      told: Told;
      /** Of the alarm, where it was told before it could be written. Default: a new one. */
      id?: string;
    }
  | { do: 'end'; kind: AlarmKind; subjectId: string; told: Told }
  /** It neither ended nor goes on. */
  | { do: 'drop'; kind: AlarmKind; subjectId: string; reason: string }
  /** Nothing that holds: it happened. */
  | { do: 'once'; kind: AlarmKind; clusterId: string | null; at: Date; told: Told };

export type Conditions = ReadonlyMap<string, Condition>;
export const keyOf = ({ kind, subjectId }: { kind: AlarmKind; subjectId: string }): string =>
  `${kind} ${subjectId}`;

export const beginning = ({
  id,
  kind,
  clusterId,
  since,
  told,
}: Omit<Condition, 'subjectId' | 'toldAt'>): Message => ({
  kind,
  type: alarms[kind].begins,
  clusterId,
  alarm: { id, since },
  told,
});

/** @returns what holds afterwards, and what is to be told, in order. */
export const applySteps = (
  before: Conditions,
  steps: readonly Step[],
  now: Date,
): { after: Map<string, Condition>; messages: Message[] } => {
  const after = new Map(before);
  const messages: Message[] = [];
  for (const step of steps) {
    if (step.do === 'once') {
      const { kind, clusterId, at, told } = step;
      const alarm = { id: uuidv7(), since: at };
      messages.push({ kind, type: alarms[kind].begins, clusterId, alarm, told });
      continue;
    }
    const key = keyOf(step);
    const known = after.get(key);
    if (step.do === 'begin') {
      if (known) continue;
      const { do: _, ...rest } = step;
      const waits = alarms[step.kind].waits;
      const condition: Condition = { ...rest, id: step.id ?? uuidv7(), toldAt: waits ? null : now };
      after.set(key, condition);
      if (!waits) messages.push(beginning(condition));
      continue;
    }
    if (!known) continue;
    after.delete(key);
    // It was over before anybody was told.
    if (!known.toldAt) continue;
    const { id, kind, clusterId, since } = known;
    const alarm = { id, since };
    const { ends } = alarms[kind];
    if (step.do === 'drop')
      messages.push({ kind, type: withdrawn, clusterId, alarm, told: known.told, reason: step.reason });
    else if (ends) messages.push({ kind, type: ends, clusterId, alarm, told: step.told });
  }
  return { after, messages };
};

/** When it has held for long enough. @param startedAt of the server: before, nobody saw whether it was over. */
export const dueAt = ({ since }: Condition, startedAt: Date, graceMs: number): Date =>
  new Date(Math.max(since.getTime(), startedAt.getTime()) + graceMs);

/**
 * Tells those that have held for long enough, so many at most: the rest is due when it is called again. One that began later than now, for the clock was set back, holds from now on:
 * it would wait until the clock is there again.
 */
export const tellDue = (
  before: Conditions,
  now: Date,
  startedAt: Date,
  graceMs: number,
  most = Number.POSITIVE_INFINITY,
): { after: Map<string, Condition>; messages: Message[] } => {
  const after = new Map(before);
  const messages: Message[] = [];
  for (const [key, kept] of before) {
    if (messages.length >= most) break;
    if (kept.toldAt) continue;
    const condition = kept.since > now ? { ...kept, since: now } : kept;
    after.set(key, condition);
    if (dueAt(condition, startedAt, graceMs) > now) continue;
    after.set(key, { ...condition, toldAt: now });
    messages.push(beginning(condition));
  }
  return { after, messages };
};

export const conditionOf = ({ toldJson, ...row }: Row): Condition => ({
  ...row,
  kind: row.kind as AlarmKind,
  told: JSON.parse(toldJson),
});
export const rowOf = ({ told, ...condition }: Condition): Row => ({
  ...condition,
  toldJson: JSON.stringify(told),
});
