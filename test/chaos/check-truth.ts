// What was said held against what really happened: the simulated world's own journal, and the agents' journals.
import type { Effect } from '../../lab/simulated/effects.ts';
import { type JournalLine, readJournal } from '../support/commands.ts';
import type { Arena } from './arena.ts';
import type { Stored, StoredOperation } from './database.ts';

type Begun = { id: string; hostname: string; kind: string; args: any; at: number };

/** Clocks are read to the millisecond, by several processes of one machine. */
const slackMs = 20;

const begunOf = (lines: readonly JournalLine[], hostname: string): Begun[] => {
  const known = new Map(lines.flatMap((line) => (line.state === 'accepted' ? [[line.id, line]] : [])));
  return lines.flatMap(({ state, id, at }) => {
    const accepted = known.get(id);
    return state === 'started' && accepted?.kind !== undefined
      ? [{ id, hostname, kind: accepted.kind, args: accepted.args, at }]
      : [];
  });
};

/** Whether this command is one that does this. */
const does = ({ kind, args }: Begun, { path, subject, new: value }: Effect): boolean => {
  if (path === 'joined') return kind === 'JoinSwarm';
  if (path === 'left') return kind === 'LeaveSwarm' && args.nodeId === subject;
  if (path === 'listed') return kind === 'RemoveNode' && args.node === subject;
  if (path.startsWith('token.'))
    return /^Rotate/.test(kind) && (args.role ?? path.slice(6)) === path.slice(6);
  if (path === 'spec') return /Swarm|CA|Cluster/.test(kind);
  if (kind !== 'UpdateNode' || args.node !== subject) return false;
  if (path === 'role') return args.wantedRole === value;
  if (path === 'availability') return args.wantedAvailability === value;
  const key = path.slice('labels.'.length);
  return value === null
    ? args.removeLabels.includes(key)
    : args.setLabels.some(
        (label: { key: string; value: string }) => label.key === key && label.value === value,
      );
};

/** Every effect is of a command that was begun before; a command begins once and takes effect once (promises 1 and 3). */
export const checkEffects = (
  { system }: Arena,
  effects: readonly Effect[],
  { commands, operations, records }: Stored,
): string[] => {
  const faults: string[] = [];
  const begun = system.members.flatMap((member) => begunOf(readJournal(member), member.host.hostname));
  const times = new Map<string, number>();
  for (const { id } of begun) times.set(id, (times.get(id) ?? 0) + 1);
  for (const [id, count] of times) if (count > 1) faults.push(`command ${id} was begun ${count} times`);
  const rows = new Map(commands.map((row) => [row.id, row]));
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const intents = new Map(
    records.flatMap(({ phase, operationId, at }) =>
      phase === 'INTENT' && operationId !== null ? [[operationId, at] as const] : [],
    ),
  );
  const done = new Map<string, number>();
  for (const effect of effects) {
    // Nobody can know that a manager was cut off a moment ago while the others still show it as reachable.
    if (effect.quorum?.before === true && !effect.quorum.after && !effect.quorum.shown)
      faults.push(`quorum was lost by a change of ours: ${JSON.stringify(effect)}`);
    if (effect.through === null) continue;
    const cause = begun
      .filter(({ hostname, at }) => hostname === effect.through && at <= effect.at + slackMs)
      .filter((command) => does(command, effect))
      .at(-1);
    const what = `${effect.path} of ${effect.subject} to ${JSON.stringify(effect.new)} (effect ${effect.seq})`;
    if (!cause) {
      faults.push(`${what} came through ${effect.through}, and no command did it`);
      continue;
    }
    const key = `${cause.id} ${effect.subject} ${effect.path}`;
    done.set(key, (done.get(key) ?? 0) + 1);
    if ((done.get(key) ?? 0) > 1) faults.push(`command ${cause.id} took effect twice: ${what}`);
    const row = rows.get(cause.id);
    const operation = row && byId.get(row.operationId);
    if (!operation) {
      faults.push(`${what} is of command ${cause.id}, which is of no operation on record`);
      continue;
    }
    if ((intents.get(operation.id) ?? Number.POSITIVE_INFINITY) > effect.at + slackMs)
      faults.push(`${what} happened before the intent of ${operation.action} ${operation.id} was on record`);
    const target = operation.targets.find(({ id }) => id === effect.subject);
    const isSure =
      target?.state === 'FAILED' && !/^(NOT_OBSERVED|OUTCOME_UNKNOWN)$/.test(target.failure?.code ?? '');
    if (operation.action === 'updateNodeLabels' && isSure)
      faults.push(
        `${what} happened, and ${operation.id} says for sure that it did not: ${JSON.stringify(target?.failure)}`,
      );
  }
  return faults;
};

/** A value as it was in the course of time. */
const heldWithin = (
  changes: readonly Effect[],
  wanted: unknown,
  from: number,
  to: number,
  first: unknown,
): boolean => {
  let value = changes[0]?.old ?? first;
  let since = Number.NEGATIVE_INFINITY;
  for (const change of changes) {
    if (value === wanted && since <= to && change.at >= from) return true;
    value = change.new;
    since = change.at;
  }
  return value === wanted && since <= to;
};

type Wanted = { subject: string; path: string; value: unknown; first: unknown };

/** What each target of a mutation of nodes must have been like at a moment while it ran. */
const wantedOf = ({ action, input }: StoredOperation, subject: string): Wanted[] => {
  switch (action) {
    case 'updateNodeLabels':
      return [
        ...(input.set ?? []).map(({ key, value }: { key: string; value: string | null }) => ({
          subject,
          path: `labels.${key}`,
          value: value ?? '',
          first: null,
        })),
        ...(input.remove ?? []).map((key: string) => ({
          subject,
          path: `labels.${key}`,
          value: null,
          first: null,
        })),
      ];
    case 'setNodeAvailability':
      return [{ subject, path: 'availability', value: input.availability.toLowerCase(), first: 'active' }];
    case 'drainNodes':
      return [{ subject, path: 'availability', value: 'drain', first: 'active' }];
    case 'promoteNodes':
      return [{ subject, path: 'raft', value: true, first: false }];
    case 'demoteNodes':
      return [{ subject, path: 'raft', value: false, first: false }];
    case 'removeNodes':
    case 'decommissionNodes':
      return [{ subject, path: 'listed', value: false, first: true }];
    default:
      return [];
  }
};

/** SUCCEEDED was so, at a moment between the operation's beginning and its end (promise 4). */
export const checkSuccess = (
  { system }: Arena,
  effects: readonly Effect[],
  { operations }: Stored,
): string[] => {
  const faults: string[] = [];
  const byThing = new Map<string, Effect[]>();
  for (const effect of effects) {
    const thing = `${effect.subject} ${effect.path}`;
    byThing.set(thing, [...(byThing.get(thing) ?? []), effect]);
  }
  const hostnameOf = new Map(system.members.map(({ hostId, host }) => [hostId, host.hostname]));
  /** Whether the host was in a swarm at a moment; initialising one is not an effect of these. */
  const membershipsOf = (hostId: string): Effect[] =>
    effects
      .filter(({ through, path }) => through === hostnameOf.get(hostId) && /^(joined|left)$/.test(path))
      .map((effect) => ({ ...effect, old: effect.path === 'left', new: effect.path === 'joined' }));
  for (const operation of operations) {
    const { id, action, targets, startedAt, endedAt, observedAt, warnings, input } = operation;
    const [from, to] = [startedAt - slackMs, (endedAt ?? Number.POSITIVE_INFINITY) + slackMs];
    for (const target of targets) {
      if (target.state !== 'SUCCEEDED' || target.id === null || operation.state === 'REFUSED') continue;
      const what = `${action} ${id} says SUCCEEDED for ${target.name}`;
      for (const { subject, path, value, first } of wantedOf(operation, target.id)) {
        const changes = byThing.get(`${subject} ${path}`) ?? [];
        if (!heldWithin(changes, value, from, to, first))
          faults.push(`${what}, and ${path} was never ${JSON.stringify(value)} meanwhile`);
        const last = changes.findLast(
          (change) => change.new === value && change.at >= from && change.at <= to,
        );
        const alone = targets.length === 1 && (input.set?.length ?? 0) + (input.remove?.length ?? 0) <= 1;
        if (alone && last && operation.state === 'SUCCEEDED' && path.startsWith('labels.'))
          if (observedAt === null || observedAt < last.at - slackMs)
            faults.push(
              `${what}, seen by a read that was begun before the change (${observedAt} < ${last.at})`,
            );
      }
      const outside = warnings.some(
        ({ code, target: about }) => code === 'NOT_IN_SWARM' && about === target.id,
      );
      if (action === 'leaveSwarm' && !outside && !heldWithin(membershipsOf(target.id), false, from, to, true))
        faults.push(`${what}, and the engine never left`);
      if (action === 'joinHosts' && !heldWithin(membershipsOf(target.id), true, from, to, true))
        faults.push(`${what}, and the engine never joined`);
    }
    if (action === 'rotateJoinToken' && operation.state === 'SUCCEEDED') {
      const path = `token.${input.role.toLowerCase()}`;
      const rotations = (byThing.get(`${input.cluster} ${path}`) ?? []).filter(
        ({ at }) => at >= from && at <= to,
      );
      if (rotations.length === 0) faults.push(`${action} ${id} says SUCCEEDED, and no token was rotated`);
    }
  }
  return faults;
};
