// Carrying operations out: locks, judgement, the act, and the outcome, written once, when it is final.
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../platform/clock.ts';
import { failpoint } from '../platform/failpoints.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import type { Attributes, Trace } from '../platform/trace.ts';
import type { AnyAction, Authorise, Run } from './action.ts';
import { createLocks } from './locks.ts';
import { type Operation, operationScalars } from './operation.ts';
import { createRun, honest, Stopped } from './run.ts';
import type { OperationStore } from './store.ts';
import { judged } from './verdict.ts';
import { waitFor } from './wait.ts';

type Live = {
  operation: Operation;
  /** As it was saved last: what is told of it. A final state is told only when it is on record. */
  durable: Operation;
  cancel: AbortController;
  /** Aborted to let a queued operation leave its queue. */
  leaveQueue: AbortController;
  /** Resolves when it is saved as it stood at the call, or was tried to. */
  save: () => Promise<void>;
  /** Its outcome is being recorded: too late to cancel. */
  ending: boolean;
  /** Resolves when its outcome is on record, or the server stops. */
  ended: Promise<void>;
};

type Ending = Pick<Operation, 'state' | 'failure'>;

/** `waitMs`: how long it may queue. `recovered`: of an earlier process. `resumed`: which had begun it. `given`: secrets. */
type How = { waitMs: number; recovered: boolean; resumed: boolean; given: Run['given'] };

export type Conduct = {
  /** Carries the operation out. @returns its secret, when there is one. */
  start(action: AnyAction, operation: Operation, how: How): Promise<unknown>;
  /** Goes on with an operation of an earlier process. */
  resume(action: AnyAction, operation: Operation): void;
  cancel(id: string): Promise<Operation>;
  /** Changes the plan of an open operation. @throws Failure NOT_CANCELLABLE when it has ended, DATABASE_UNAVAILABLE */
  amend(id: string, change: (plan: unknown) => void): Promise<void>;
  live(id: string): Operation | undefined;
  /** All that are not ended, in the order in which they came: as they are, not as they were saved last. */
  open(): readonly Operation[];
  /** The operation when it is final, or as it stands when the time is over. */
  settled(operation: Operation, waitMs: number): Promise<Operation>;
  stop(): Promise<void>;
};

/** Queued again after a restart: the caller of then is gone, so the wait is the longest that it could have asked for. */
const resumedWaitMs = 120_000;
const recordRetryMs = 500;
/** How often it is tried to store what has to be stored before anybody goes on. */
const keepTries = 10;
/** Most changes take less than this from step to step. */
const progressMs = 25;
/** How long a resumed operation waits for what it needs to be reachable again. */
const reachableWaitMs = 120_000;

/** What the targets say together. */
const endingOf = ({ targets }: Operation, cancelled: boolean): Ending => {
  const failed = targets.filter(({ state }) => state === 'FAILED' || state === 'UNKNOWN');
  const first = failed.find(({ failure }) => failure)?.failure ?? null;
  if (targets.some(({ state }) => state === 'UNKNOWN')) return { state: 'UNRESOLVED', failure: first };
  if (failed.length > 0 && failed.length < targets.length)
    return {
      state: 'FAILED',
      failure: {
        ...failureInfo(
          new Failure(
            'PARTIAL',
            `${failed.length} of ${targets.length} targets failed: ${first?.message ?? ''}`,
            first?.hint,
          ),
        ),
        retryable: failed.every(({ failure }) => failure?.retryable),
      },
    };
  if (failed.length > 0) return { state: 'FAILED', failure: first };
  if (cancelled && targets.some(({ state }) => state === 'SKIPPED' || state === 'PENDING'))
    return { state: 'CANCELLED', failure: null };
  return { state: 'SUCCEEDED', failure: null };
};

const spanOf = ({ id, clusterId }: Operation, { resumed }: How): Attributes => ({
  'skep.operation': id,
  ...(clusterId === null ? {} : { 'skep.cluster': clusterId }),
  ...(resumed ? { 'skep.operation.resumed': true } : {}),
});

export const createConduct = ({
  store,
  authorise,
  trace,
  clock,
  log,
}: {
  store: OperationStore;
  authorise: Authorise;
  trace: Trace;
  clock: Clock;
  log: Log;
}): Conduct => {
  const locks = createLocks();
  const lives = new Map<string, Live>();
  const stopping = new AbortController();
  const runs = new Set<Promise<unknown>>();

  /**
   * One save at a time; what changes meanwhile is written by the next. Progress waits a moment for more of it, and for the
   * outcome, which holds it too; another state is written at once, also when progress is waiting.
   */
  const createSaver = (live: Omit<Live, 'save'>) => {
    const { operation } = live;
    let wanted = false;
    let saving: Promise<void> | null = null;
    let hurry: AbortController | null = null;
    const more = async (): Promise<void> => {
      hurry = new AbortController();
      await delay(progressMs, undefined, { signal: hurry.signal }).catch(() => undefined);
      hurry = null;
    };
    const write = async (ended: boolean): Promise<void> => {
      const copy = structuredClone(operation);
      await store.save(copy, operationScalars(live.durable), ended);
      live.durable = copy;
    };
    const save = (): Promise<void> => {
      wanted = true;
      if (operation.state !== live.durable.state) hurry?.abort();
      saving ??= (async () => {
        while (wanted && !stopping.signal.aborted) {
          if (operation.state === live.durable.state) await more();
          if (!wanted || stopping.signal.aborted) return;
          wanted = false;
          await write(false).catch((error: unknown) =>
            log.warn({ err: error, operation: operation.id }, 'progress not saved'),
          );
        }
      })().finally(() => {
        saving = null;
      });
      return saving;
    };
    /** The final state is told only with its outcome: nothing is saved between the two. */
    const close = async (ending: Ending): Promise<void> => {
      wanted = false;
      hurry?.abort();
      await saving;
      live.ending = true;
      Object.assign(operation, ending, { endedAt: clock.now() });
      for (;;) {
        if (stopping.signal.aborted) throw new Stopped();
        try {
          await write(true);
          return;
        } catch (error) {
          log.error(
            { err: error, operation: operation.id },
            'an outcome could not be recorded; trying again',
          );
          await delay(recordRetryMs);
        }
      }
    };
    return { save, close };
  };

  /** Until it is stored as it stands, its plan and locks too. */
  const keep = async ({ operation, save }: Live, stored: () => Operation): Promise<void> => {
    const isStored = (): boolean =>
      isDeepStrictEqual(stored().plan, operation.plan) && isDeepStrictEqual(stored().locks, operation.locks);
    for (let tried = 0; tried < keepTries; tried += 1) {
      await save();
      if (isStored()) return;
      stopping.signal.throwIfAborted();
      await delay(recordRetryMs);
    }
    throw new Failure(
      'DATABASE_UNAVAILABLE',
      `operation ${operation.id} could not be stored as it stands`,
      'try again; look at the server’s disk',
    );
  };

  const hold = async ({ operation }: Live, names: readonly string[], waitMs: number): Promise<() => void> => {
    const more = names.filter((name) => !operation.locks.includes(name));
    await locks.acquire(more, operation.id, waitMs, stopping.signal);
    operation.locks.push(...more);
    return () => {
      operation.locks = operation.locks.filter((name) => !names.includes(name));
      locks.release(names, operation.id);
    };
  };

  const carryOut = async (
    action: AnyAction,
    live: Live,
    how: How,
  ): Promise<{ secret: unknown; ending: Ending }> => {
    const { operation, cancel, leaveQueue } = live;
    if (how.recovered && action.reachable) {
      const ask = async (): Promise<true | null> =>
        (await action.reachable?.(operation.plan)) ? true : null;
      await waitFor(ask, { timeoutMs: reachableWaitMs, intervalMs: 250, signal: leaveQueue.signal });
    }
    if (operation.state === 'QUEUED') {
      // Rights may have been taken back while it was queued.
      if (!authorise(operation.actor, action.permission, operation.clusterId))
        throw new Failure(
          'NOT_FOUND',
          'no such thing in your scope',
          'your rights changed while this was queued',
        );
      const refusal = await judged(trace, action, operation);
      // It was cancelled while it was being judged, which takes as long as a manager's engine does.
      leaveQueue.signal.throwIfAborted();
      if (refusal) return { secret: null, ending: { state: 'REFUSED', failure: failureInfo(refusal) } };
      operation.state = 'RUNNING';
      void live.save();
    }
    if (operation.state === 'CANCELLING') cancel.abort();
    if (operation.state === 'UNKNOWN') operation.state = 'RUNNING';
    const run = createRun({
      operation,
      resumed: how.resumed,
      signal: stopping.signal,
      cancel: cancel.signal,
      save: () => void live.save(),
      hold: (names, waitMs) => hold(live, names, waitMs),
      keep: () => keep(live, () => live.durable),
      secretRead: () => store.record(operation, { phase: 'SECRET_READ' }),
      given: how.given,
      trace,
      clock,
      log,
    });
    await failpoint('operation.judged');
    const secret = await action.act(run, operation.plan);
    await failpoint('operation.observed');
    return { secret: secret ?? null, ending: endingOf(operation, cancel.signal.aborted) };
  };

  const failWith = (operation: Operation, error: unknown, resumed: boolean): Ending => {
    if (!(error instanceof Failure))
      log.error({ err: error, operation: operation.id }, 'an operation failed unexpectedly');
    const failure = failureInfo(honest(error, { resumed, steps: operation.steps }));
    if (operation.state === 'QUEUED')
      return { state: failure.code === 'CANCELLED' ? 'CANCELLED' : 'REFUSED', failure };
    for (const target of operation.targets) {
      if (target.state !== 'PENDING' && target.state !== 'RUNNING') continue;
      target.state = failure.code === 'OUTCOME_UNKNOWN' ? 'UNKNOWN' : 'FAILED';
      target.failure = failure;
    }
    const ending = endingOf(operation, false);
    if (ending.state !== 'SUCCEEDED') return ending;
    return { state: failure.code === 'OUTCOME_UNKNOWN' ? 'UNRESOLVED' : 'FAILED', failure };
  };

  /** Holds its locks until its outcome is on record. */
  const conduct = async (
    action: AnyAction,
    live: Live,
    close: (ending: Ending) => Promise<void>,
    how: How,
  ): Promise<unknown> => {
    const { operation, leaveQueue } = live;
    let release = (): void => undefined;
    try {
      const { secret, ending } = await (async () => {
        release = await locks.acquire(operation.locks, operation.id, how.waitMs, leaveQueue.signal);
        await failpoint('operation.lockTaken');
        return carryOut(action, live, how);
      })().catch((error: unknown) => {
        if (stopping.signal.aborted) throw new Stopped();
        return { secret: null, ending: failWith(operation, error, how.resumed) };
      });
      await close(ending);
      return secret;
    } finally {
      release();
      locks.release(operation.locks, operation.id);
      lives.delete(operation.id);
    }
  };

  const start: Conduct['start'] = async (action, operation, how) => {
    let end = (): void => undefined;
    const live: Live = {
      operation,
      durable: structuredClone(operation),
      cancel: new AbortController(),
      leaveQueue: new AbortController(),
      save: () => saver.save(),
      ending: false,
      ended: new Promise((resolve) => {
        end = resolve;
      }),
    };
    const saver = createSaver(live);
    lives.set(operation.id, live);
    const running = trace(operation.action, spanOf(operation, how), async (span) => {
      const secret = await conduct(action, live, saver.close, how);
      span.set({ 'skep.operation.state': operation.state });
      if (operation.failure) span.fail(operation.failure.code);
      return secret;
    })
      .catch((error: unknown) => {
        if (!(error instanceof Stopped))
          log.error({ err: error, operation: operation.id }, 'an operation was lost');
        return null;
      })
      .finally(end);
    runs.add(running);
    return running.finally(() => runs.delete(running));
  };

  return {
    start,
    resume: (action, operation) => {
      void start(action, operation, {
        waitMs: resumedWaitMs,
        recovered: true,
        resumed: operation.state !== 'QUEUED',
        given: {},
      });
    },
    cancel: async (id) => {
      const live = lives.get(id);
      if (!live || live.ending)
        throw new Failure('NOT_CANCELLABLE', `operation ${id} has ended`, 'read its state');
      if (live.operation.state === 'QUEUED')
        live.leaveQueue.abort(new Failure('CANCELLED', 'cancelled before it was begun'));
      else {
        live.operation.state = 'CANCELLING';
        live.cancel.abort();
        await live.save();
      }
      return live.durable;
    },
    amend: async (id, change) => {
      const live = lives.get(id);
      if (!live || live.ending)
        throw new Failure('NOT_CANCELLABLE', `operation ${id} has ended`, 'read its state');
      change(live.operation.plan);
      await keep(live, () => live.durable);
    },
    open: () => [...lives.values()].map(({ operation }) => operation),
    live: (id) => lives.get(id)?.durable,
    settled: async (operation, waitMs) => {
      const live = lives.get(operation.id);
      if (!live) return operation;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, waitMs);
      });
      await Promise.race([live.ended, late]);
      clearTimeout(timer);
      return live.durable;
    },
    stop: async () => {
      stopping.abort(new Stopped());
      for (const { leaveQueue } of lives.values()) leaveQueue.abort(new Stopped());
      await Promise.allSettled(runs);
    },
  };
};
