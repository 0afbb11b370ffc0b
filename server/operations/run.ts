// An operation while it is carried out: its targets, steps and what is saved of them.
import type { Clock } from '../platform/clock.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import type { Attributes, Trace } from '../platform/trace.ts';
import type { Run } from './action.ts';
import type { Operation, Target } from './operation.ts';

/** The server stops: no outcome is written, the next start goes on. */
export class Stopped extends Error {
  constructor() {
    super('the server stops');
    this.name = 'Stopped';
  }
}

/** Says nothing of what an earlier process may have done: only that it cannot be seen now. */
const unobservable: ReadonlySet<string> = new Set([
  'CLUSTER_UNREACHABLE',
  'HOST_OFFLINE',
  'NO_LEADER',
  'SWARM_LOCKED',
  'ENGINE_UNREACHABLE',
  'ENGINE_TIMEOUT',
  'DATABASE_UNAVAILABLE',
]);

/**
 * What a failure means: not that nothing happened, when nobody could look, or when a defect came between after a step
 * had been begun (promise 3).
 * @param resumed begun by an earlier process.
 */
export const honest = (
  error: unknown,
  { resumed, steps }: { resumed: boolean; steps: readonly unknown[] },
): unknown => {
  if (!(error instanceof Failure))
    return resumed || steps.length > 0
      ? new Failure(
          'OUTCOME_UNKNOWN',
          'a defect of Skep came between after it was begun',
          'the log has it; read the state, then decide',
        )
      : error;
  return resumed && unobservable.has(error.code)
    ? new Failure(
        'OUTCOME_UNKNOWN',
        `begun before a restart, and it could not be observed since: ${error.message}`,
        'read the state, then decide',
      )
    : error;
};

const finished: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'SKIPPED', 'UNKNOWN']);

const about = (target: string | null): Attributes => (target === null ? {} : { 'skep.target': target });

/** @param save writes the operation as it stands; called after each change that a watcher of the operation may see. */
export const createRun = ({
  operation,
  resumed,
  signal,
  cancel,
  save,
  hold,
  keep,
  secretRead,
  given,
  trace,
  clock,
  log,
}: {
  operation: Operation;
  resumed: boolean;
  signal: AbortSignal;
  cancel: AbortSignal;
  save: () => void;
  hold: Run['hold'];
  keep: Run['keep'];
  secretRead: () => Promise<void>;
  given: Run['given'];
  trace: Trace;
  clock: Clock;
  log: Log;
}): Run => {
  const carryOut = async (target: Target, work: (target: Target) => Promise<void>): Promise<void> => {
    if (finished.has(target.state)) return;
    signal.throwIfAborted();
    // One that was begun before a restart is gone on with: its work sees the cancellation itself.
    if (cancel.aborted && target.state !== 'RUNNING') {
      target.state = 'SKIPPED';
      return;
    }
    target.state = 'RUNNING';
    save();
    try {
      await trace(`target ${target.kind}`, about(target.id), () => work(target));
      if (target.state === 'RUNNING') target.state = 'SUCCEEDED';
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof Failure))
        log.error({ err: error, operation: operation.id }, 'a target failed unexpectedly');
      target.failure = failureInfo(honest(error, { resumed, steps: operation.steps }));
      target.state = target.failure.code === 'OUTCOME_UNKNOWN' ? 'UNKNOWN' : 'FAILED';
    }
    save();
  };

  return {
    operation,
    resumed,
    signal,
    cancel,
    each: async (work, { parallel = false } = {}) => {
      if (parallel) await Promise.all(operation.targets.map((target) => carryOut(target, work)));
      else for (const target of operation.targets) await carryOut(target, work);
    },
    carry: carryOut,
    hold,
    keep,
    step: async (name, target, work, detail) => {
      const step = {
        name,
        target,
        state: 'RUNNING' as 'RUNNING' | 'SUCCEEDED' | 'FAILED',
        detail: null as string | null,
        startedAt: clock.now().toISOString(),
        endedAt: null as string | null,
      };
      operation.steps.push(step);
      save();
      const tell = (text: string): void => {
        if (step.endedAt !== null || step.detail === text) return;
        step.detail = text;
        save();
      };
      try {
        const value = await trace(`step ${name}`, about(target), () => work(tell));
        step.state = 'SUCCEEDED';
        step.detail = detail?.(value) ?? step.detail;
        return value;
      } catch (error) {
        step.state = 'FAILED';
        step.detail = error instanceof Failure ? error.message : null;
        throw error;
      } finally {
        step.endedAt = clock.now().toISOString();
        save();
      }
    },
    skip: (name, target, why) => {
      // Told once, also when the act runs again from the top.
      if (operation.steps.some((step) => step.name === name && step.target === target && step.detail === why))
        return;
      const now = clock.now().toISOString();
      operation.steps.push({ name, target, state: 'SKIPPED', detail: why, startedAt: now, endedAt: now });
      save();
    },
    warn: (warning) => {
      const known = operation.warnings.some(
        ({ code, target }) => code === warning.code && target === warning.target,
      );
      if (!known) operation.warnings.push(warning);
    },
    progress: (progress) => {
      operation.progress = progress;
      save();
    },
    unknown: (isUnknown) => {
      const state = isUnknown ? 'UNKNOWN' : 'RUNNING';
      if (operation.state === 'CANCELLING' || operation.state === state) return;
      operation.state = state;
      save();
    },
    changed: (subject, changes) => {
      operation.changes.push(...changes.map((change) => ({ ...change, path: `${subject}.${change.path}` })));
    },
    report: (found) => {
      operation.report = found;
    },
    observed: (at) => {
      operation.observedAt = at;
    },
    secretRead,
    given,
  };
};
