// When a service is as it was asked for: enough tasks of its present spec run, and its update has ended.
// As Docker's CLI does it: https://github.com/docker/cli/blob/master/cli/command/service/progress/progress.go

import { hasNotEnded, type Task } from '../nodes/tasks.ts';
import type { Run } from '../operations/action.ts';
import type { Target } from '../operations/operation.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure } from '../platform/failure.ts';
import type { ReadServices, ServiceRead } from './read.ts';
import type { Service } from './swarm-service.ts';

const everyMs = 250;
/** `Monitor` of an update that says nothing else (swarmkit api/defaults/service.go). */
const monitorMs = 5_000;
const namedErrors = 3;

/** How far a service is. Pure. `running`: ids of the tasks that count. */
export type Standing = { running: string[]; desired: number; isReached: boolean };

const isGlobal = ({ mode }: Service): boolean => mode.startsWith('GLOBAL');
const isJob = ({ mode }: Service): boolean => mode.endsWith('_JOB');

export const standingOf = ({ service, tasks, upToDate }: Omit<ServiceRead, 'began'>): Standing => {
  const meant = tasks.filter(({ desiredState }) => desiredState === 'RUNNING');
  const running = meant.filter(({ state }) => state === 'RUNNING');
  const current = running.filter(({ id }) => upToDate.has(id));
  const place = ({ slot, nodeId, id }: Task): string => (isGlobal(service) ? (nodeId ?? id) : String(slot));
  const desired = isGlobal(service) ? new Set(meant.map(place)).size : (service.replicas ?? 0);
  const isDone = new Set(current.map(place)).size === desired && running.length === current.length;
  const state = service.updateStatus?.state ?? null;
  const isUpdating = state === 'updating' || state === 'rollback_started';
  return {
    running: current.map(({ id }) => id),
    desired,
    // A job is taken, and then runs for as long as it does.
    isReached: (isDone || isJob(service)) && !isUpdating,
  };
};

/** What tasks say is wrong, the newest of each, with how many say so. */
export const errorsOf = (tasks: readonly Task[]): string[] => {
  const counts = new Map<string, number>();
  const newestFirst = [...tasks].sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
  for (const { error } of newestFirst) if (error) counts.set(error, (counts.get(error) ?? 0) + 1);
  return [...counts]
    .slice(0, namedErrors)
    .map(([error, count]) => (count > 1 ? `${error} (${count} tasks)` : error));
};

const saying = (tasks: readonly Task[]): string => {
  const errors = errorsOf(tasks);
  return errors.length > 0 ? `: ${errors.join('; ')}` : '';
};

/** What the engine did with an update that failed. Null: nothing, or it still goes on. */
const endOf = ({ service, tasks }: ServiceRead, rollingBack: boolean, why: string | null): Failure | null => {
  const status = service.updateStatus;
  const told = `${why ?? status?.message ?? ''}${saying(tasks)}`;
  switch (status?.state) {
    case 'rollback_completed':
      return rollingBack
        ? null
        : new Failure(
            'ROLLED_BACK',
            `${service.name} is as it was before: ${told}`,
            'look at its tasks’ errors',
          );
    case 'paused':
      return new Failure(
        'UPDATE_PAUSED',
        `the update of ${service.name} is paused: ${told}`,
        'update it again, or rollbackService',
      );
    case 'rollback_paused':
      return new Failure(
        'UPDATE_PAUSED',
        `the rollback of ${service.name} is paused: ${told}`,
        'update it again',
      );
    default:
      return null;
  }
};

/** What is expected of the service, and since when. */
export type Expected = {
  clusterId: string;
  serviceId: string;
  deadline: Date;
  /** Ids of tasks that ran before: only those that are new have to show that they stay. */
  known: ReadonlySet<string>;
  /** It is a rollback that was asked for. */
  rollingBack?: boolean;
  /** Nothing was written: what the status tells is of an earlier change. */
  unchanged?: boolean;
};

/**
 * Waits until the service has converged, with live progress.
 * @param progress told of each read.
 * @returns what was read in the end; null: cancelled, and the target says so.
 * @throws Failure ROLLED_BACK, UPDATE_PAUSED, NOT_CONVERGED, SERVICE_NOT_FOUND
 */
export const converge = async (
  read: ReadServices,
  run: Run,
  target: Target,
  expected: Expected,
  tell: (detail: string) => void,
  progress: (done: number, total: number) => void,
): Promise<ServiceRead | null> => {
  const { clusterId, serviceId, deadline, known, rollingBack = false, unchanged = false } = expected;
  let last: ServiceRead | null = null;
  let why: string | null = null;
  let stableSince: { tasks: string; at: number } | null = null;
  const look = async (): Promise<ServiceRead | 'cancelled' | 'gone' | null> => {
    if (run.cancel.aborted) return 'cancelled';
    const seen = await read.one(clusterId, serviceId).catch((error: unknown) => {
      if (error instanceof Failure) return undefined;
      throw error;
    });
    if (seen === undefined) return null;
    if (seen === null) return 'gone';
    last = seen;
    run.unknown(false);
    const status = unchanged ? null : seen.service.updateStatus;
    if (status?.state === 'rollback_started' && !rollingBack) why = status.message;
    const { running, desired, isReached } = standingOf(seen);
    progress(running.length, desired);
    tell(
      `${running.length} of ${desired} tasks run${status ? `, ${status.state}` : ''}${isReached ? '' : saying(seen.tasks.filter(hasError))}`,
    );
    const end = unchanged ? null : endOf(seen, rollingBack, why);
    if (end) throw end;
    if (!isReached) {
      stableSince = null;
      return null;
    }
    // The managers have watched the new tasks for as long as the service says.
    if (status?.state === 'completed' || status?.state === 'rollback_completed') return seen;
    if (seen.service.mode.endsWith('_JOB') || running.every((id) => known.has(id))) return seen;
    const tasks = running.toSorted().join();
    if (stableSince?.tasks !== tasks) stableSince = { tasks, at: performance.now() };
    const monitored = seen.service.updateConfig?.monitorSeconds;
    return performance.now() - stableSince.at >= (monitored ? monitored * 1_000 : monitorMs) ? seen : null;
  };
  const leftMs = Math.max(0, deadline.getTime() - Date.now());
  const found = await waitFor(look, { timeoutMs: leftMs, intervalMs: everyMs, signal: run.signal });
  if (found === 'cancelled') {
    const message = `cancelled: the managers go on with ${target.name}`;
    target.state = 'SKIPPED';
    target.failure = { code: 'CANCELLED', message, hint: null, retryable: false };
    return null;
  }
  if (found === 'gone')
    throw new Failure(
      'SERVICE_NOT_FOUND',
      `the cluster no longer has the service ${target.name}`,
      'list services',
    );
  if (found) {
    run.observed(found.began);
    return found;
  }
  throw late(target, last);
};

const hasError = (task: Task): boolean => hasNotEnded(task) || task.error !== null;

const late = ({ name }: Target, last: ServiceRead | null): Failure => {
  if (!last)
    return new Failure(
      'OUTCOME_UNKNOWN',
      `${name} could not be read until the deadline`,
      'read it, then decide',
    );
  const { running, desired } = standingOf(last);
  const state = last.service.updateStatus?.state;
  return new Failure(
    'NOT_CONVERGED',
    `at the deadline ${running.length} of ${desired} tasks of ${name} ran${state ? `, ${state}` : ''}${saying(last.tasks)}`,
    'look at its tasks; the managers go on trying',
  );
};
