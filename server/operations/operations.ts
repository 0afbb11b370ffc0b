// The one door for change. It knows no domain: what can be asked for are the actions that it is given.
import type { Requester } from '../audit/actor.ts';
import type { Denials } from '../audit/denials.ts';
import type { Audit } from '../audit/record.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Events } from '../platform/events.ts';
import { failpoint } from '../platform/failpoints.ts';
import { Failure, failureInfo } from '../platform/failure.ts';
import { uuidv7 } from '../platform/ids.ts';
import type { Log } from '../platform/log.ts';
import { scrub } from '../platform/secrets.ts';
import { noTrace, type Trace } from '../platform/trace.ts';
import type { AnyAction, Authorise } from './action.ts';
import { type Conduct, createConduct } from './conduct.ts';
import { type CommonInput, inputHash, parseInput, withoutSecrets } from './input.ts';
import { isFinal, type Operation, operationScalars } from './operation.ts';
import { createOperationStore } from './store.ts';
import { judged } from './verdict.ts';

/** How a mutation is answered: the operation as it stands, and a secret that is shown only here, only now. */
export type Answer = { operation: Operation; secret: unknown };

export type Operations = {
  /**
   * @throws Failure BAD_USER_INPUT, FORBIDDEN, IDEMPOTENCY_CONFLICT, AUDIT_UNAVAILABLE. All other refusals are operations.
   */
  perform(requester: Requester, action: string, input: Record<string, unknown>): Promise<Answer>;
  /** Lets an open operation end early. @throws Failure NOT_CANCELLABLE */
  cancel(id: string): Promise<Operation>;
  /**
   * Changes the plan of an open operation, which its act reads as it goes on; stored when it resolves.
   * @throws Failure NOT_CANCELLABLE when it has ended, DATABASE_UNAVAILABLE
   */
  amend(id: string, change: (plan: unknown) => void): Promise<void>;
  find(id: string): Promise<Operation | null>;
  /** The operation that an actor asked for by this idempotency key, however long ago; null: it never was on record. */
  byKey(actorId: string, action: string, idempotencyKey: string): Promise<Operation | null>;
  /** The open ones, in the order in which they came; as they are at this moment. */
  open(): readonly Operation[];
  /**
   * Goes on with what an earlier process left open.
   * @param restored the database is older than what was done: nothing of it is gone on with, all ends as UNRESOLVED.
   */
  recover(restored?: boolean): Promise<void>;
  stop(): Promise<void>;
};

const keyLifetimeMs = 24 * 3_600_000;

export const createOperations = ({
  actions,
  authorise,
  audit,
  denials,
  db,
  events,
  onRecorded = () => undefined,
  onEnd = () => undefined,
  trace = noTrace,
  clock,
  log,
}: {
  actions: readonly AnyAction[];
  authorise: Authorise;
  audit: Audit;
  denials: Denials;
  db: Database;
  events: Events;
  /** Told of the first intent that could not be put on record, and of the first one afterwards that was. */
  onRecorded?: (could: boolean) => void;
  /** Hears of each operation once its outcome is on record. */
  onEnd?: (operation: Operation) => void;
  trace?: Trace;
  clock: Clock;
  log: Log;
}): Operations => {
  const store = createOperationStore({ db, events, audit, clock, onEnd });
  const conduct: Conduct = createConduct({ store, authorise, trace, clock, log });
  const byName = new Map(actions.map((action) => [action.name, action]));

  const actionOf = (name: string): AnyAction => {
    const action = byName.get(name);
    if (!action) throw new Error(`no action ${name}`);
    return action;
  };

  const begin = (requester: Requester, action: AnyAction, common: CommonInput, told: unknown): Operation => ({
    id: uuidv7(),
    action: action.name,
    state: 'QUEUED',
    dryRun: common.dryRun,
    clusterId: null,
    actor: requester.actor,
    // What is kept and told of it: somebody may have written a token where it does not belong.
    reason: common.reason && scrub(common.reason),
    requestId: requester.requestId,
    sourceAddress: requester.sourceAddress,
    idempotencyKey: common.idempotencyKey,
    inputHash: inputHash(told),
    input: JSON.parse(scrub(JSON.stringify(told))),
    plan: null,
    locks: [],
    targets: [],
    steps: [],
    guards: [],
    overrides: common.override,
    warnings: [],
    impact: null,
    progress: null,
    changes: [],
    failure: null,
    report: null,
    startedAt: clock.now(),
    endedAt: null,
    observedAt: null,
  });

  const refusedWith = (failure: Failure): Partial<Operation> => ({
    state: 'REFUSED',
    failure: failureInfo(failure),
    endedAt: clock.now(),
  });

  /** The operation that this idempotency key stands for, while it does. */
  const earlier = async (operation: Operation): Promise<Operation | null> => {
    if (operation.idempotencyKey === null) return null;
    const found = await store.findByKey(operation.actor.id, operation.action, operation.idempotencyKey);
    if (!found) return null;
    if (clock.now().getTime() - found.startedAt.getTime() > keyLifetimeMs) {
      await store.forgetKey(found.id);
      return null;
    }
    if (found.inputHash !== operation.inputHash)
      throw new Failure(
        'IDEMPOTENCY_CONFLICT',
        `the idempotency key was used with another input, by operation ${found.id}`,
        'use a new key for a new intent',
      );
    return conduct.live(found.id) ?? found;
  };

  /** False: refused, and the operation says why. */
  const resolve = async (
    action: AnyAction,
    own: unknown,
    requester: Requester,
    operation: Operation,
  ): Promise<boolean> => {
    try {
      const resolved = await action.resolve(own, requester);
      if (!authorise(requester.actor, action.permission, resolved.clusterId))
        throw new Failure('NOT_FOUND', 'no such thing in your scope', 'list what you can see');
      operation.clusterId = resolved.clusterId;
      operation.plan = resolved.plan;
      operation.locks = [...resolved.locks];
      operation.targets = resolved.targets.map((target) => ({ ...target, state: 'PENDING', failure: null }));
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.code === 'BAD_USER_INPUT') throw error;
      operation.targets = (action.named?.(own) ?? []).map((target) => ({
        kind: target.kind,
        // As somebody wrote it: it may be anything, a secret too.
        name: scrub(target.name),
        id: null,
        state: 'PENDING',
        failure: null,
      }));
      Object.assign(operation, refusedWith(error));
      return false;
    }
  };

  let couldRecord = true;
  const recorded = (could: boolean): void => {
    if (could === couldRecord) return;
    couldRecord = could;
    onRecorded(could);
  };
  const record = async (operation: Operation): Promise<void> => {
    await store.open(operation).catch((error: unknown) => {
      log.error({ err: error, operation: operation.id }, 'an intent could not be recorded');
      recorded(false);
      throw new Failure(
        'AUDIT_UNAVAILABLE',
        'the act could not be put on record, so nothing was done',
        'try again; look at the server’s disk',
      );
    });
    recorded(true);
  };

  const perform: Operations['perform'] = async (requester, name, input) => {
    const action = actionOf(name);
    if (!authorise(requester.actor, action.permission)) {
      const failure = new Failure(
        'FORBIDDEN',
        `${name} needs the permission ${action.permission}`,
        'ask an admin',
      );
      await denials.denied({ ...requester, action: name, failure: failureInfo(failure) });
      throw failure;
    }
    const { common, own, told: asked } = parseInput(input, action.input);
    const { told, given } = withoutSecrets(asked, own, action.secrets ?? []);
    const operation = begin(requester, action, common, told);
    const waitMs = common.waitSeconds * 1_000;
    const before = await earlier(operation);
    if (before) return { operation: await conduct.settled(before, waitMs), secret: null };
    const resolved = await resolve(action, own, requester, operation);
    if (common.dryRun) {
      const refusal = resolved ? await judged(trace, action, operation) : null;
      if (refusal) Object.assign(operation, refusedWith(refusal));
      else if (resolved) Object.assign(operation, { state: 'SUCCEEDED', endedAt: clock.now() });
      return { operation, secret: null };
    }
    try {
      await record(operation);
    } catch (error) {
      const other = await earlier(operation);
      if (!other) throw error;
      return { operation: await conduct.settled(other, waitMs), secret: null };
    }
    if (!resolved) return { operation, secret: null };
    const secret = conduct.start(action, operation, { waitMs, recovered: false, resumed: false, given });
    const settled = await conduct.settled(operation, waitMs);
    return { operation: settled, secret: isFinal(settled.state) ? await secret : null };
  };

  /** Days may have passed, and another server may have ended it: neither going on nor a verdict would be honest. */
  const leave = async (operation: Operation): Promise<void> => {
    const failure = failureInfo(
      new Failure(
        'RESTORED',
        'open in a database that was restored: what became of it since is not known, and nothing was sent again',
        'read the state, then decide',
      ),
    );
    const before = operationScalars(operation);
    const targets = operation.targets.map((target) =>
      target.state === 'PENDING' || target.state === 'RUNNING'
        ? { ...target, state: 'UNKNOWN' as const, failure }
        : target,
    );
    Object.assign(operation, { state: 'UNRESOLVED', failure, targets, endedAt: clock.now() });
    await store.save(operation, before, true);
  };

  return {
    perform,
    cancel: (id) => conduct.cancel(id),
    amend: (id, change) => conduct.amend(id, change),
    find: async (id) => conduct.live(id) ?? (await store.find(id)),
    byKey: async (actorId, action, idempotencyKey) => {
      const found = await store.findByKey(actorId, action, idempotencyKey);
      return found && (conduct.live(found.id) ?? found);
    },
    open: () => conduct.open(),
    recover: async (restored = false) => {
      await failpoint('recovery.begun');
      for (const operation of await store.listOpen()) {
        if (restored) {
          await leave(operation);
          continue;
        }
        const action = byName.get(operation.action);
        if (action) conduct.resume(action, operation);
        else
          log.error(
            { operation: operation.id, action: operation.action },
            'an open operation of an unknown action',
          );
      }
    },
    stop: () => conduct.stop(),
  };
};
