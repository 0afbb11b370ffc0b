// Commands to agents. Those of operations are rows, so that each takes effect at most once, whoever is killed when.
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Run } from '../operations/action.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { DatabaseError } from '../platform/database-error.ts';
import { failpoint } from '../platform/failpoints.ts';
import { Failure, isFailureCode } from '../platform/failure.ts';
import { uuidv7 } from '../platform/ids.ts';
import { scrub } from '../platform/secrets.ts';
import type { CommandBody, Envelope, Links } from './links.ts';

/** DONE; FAILED: the engine said no; REFUSED: the agent did; UNKNOWN: sent, and no answer is known. */
export type CommandOutcome = 'DONE' | 'FAILED' | 'REFUSED' | 'UNKNOWN';
export type CommandResult = {
  outcome: CommandOutcome;
  result: unknown;
  failure: { code: string; message: string } | null;
  /** What the agent read after the effect, when it told so just now: never stored. */
  seen?: unknown;
  /** The calls of its engine that the agent made, where it was asked: never stored, and as it says. */
  engine?: EngineTimes | null;
};

export type EngineTimes = {
  tookMs: number;
  calls: readonly {
    method: string;
    path: string;
    status?: number | null | undefined;
    offsetMs: number;
    durationMs: number;
  }[];
};

/** What the watcher will see when the command takes effect: not EXTERNAL (clusters/explain.ts). */
export type Expectation = { clusterId: string; subjectId: string; path: string; value: unknown };

/** A command that is on its way. */
export type Sent = { hostId: string; id: string; kind: CommandBody['__typename'] };

/**
 * Hears of each command as it is sent, and of its end, unless the server stops before.
 * @returns `trace`: whether its agent shall tell which calls of its engine it made.
 */
export type OnSent = (command: Sent) => { trace: boolean; ended(result: CommandResult): void };

export type Commands = {
  /** A read, over the link and nowhere else. @throws Failure HOST_OFFLINE, ENGINE_TIMEOUT, or the engine's. */
  read(hostId: string, body: CommandBody, timeoutMs?: number): Promise<unknown>;
  /**
   * Sends a command of an operation, or finds what became of it when `step` was sent before, in this process or an
   * earlier one: then it keeps its id, and the agent's journal makes a second run impossible.
   * @param hostId where to send it; a function: asked only when the command is new, for one that was sent before goes
   * to the host that has it in its journal.
   * @param patienceMs how long to wait for a result; then UNKNOWN.
   * @throws Failure HOST_OFFLINE, or what the function throws: nothing was sent.
   */
  carryOut(command: {
    run: Run;
    hostId: string | (() => string);
    step: string;
    body: CommandBody;
    expectations?: readonly Expectation[];
    patienceMs?: number;
  }): Promise<CommandResult>;
  /** Nothing more will be heard of the host: what waits for it ends now, effects as UNKNOWN. */
  abandon(hostId: string, failure: Failure): void;
  acknowledged(hostId: string, id: string): Promise<void>;
  /** The first result counts. */
  completed(hostId: string, id: string, result: CommandResult): Promise<void>;
};

const secretArguments: Partial<Record<CommandBody['__typename'], readonly string[]>> = {
  JoinSwarm: ['token'],
  UnlockSwarm: ['unlockKey'],
  CreateSecret: ['value'],
  CreateConfig: ['value'],
  CreateService: ['env'],
  UpdateService: ['env'],
};
const readTimeoutMs = 30_000;
const effectPatienceMs = 60_000;
const expiresInMs = 30_000;
/** A command that ends sooner is not stored as acknowledged first: its result says more. */
const acknowledgeAfterMs = 100;

/** The disk is full, or the database locked. What cannot be put on record is not sent. */
const notStored = (error: unknown): never => {
  if (!(error instanceof DatabaseError)) throw error;
  throw new Failure(
    'AUDIT_UNAVAILABLE',
    `a command could not be put on record, so it was not sent: ${error.code}`,
    'try again; look at the server’s disk',
  );
};

/** An operation of which a command is on record has begun, whatever of it was saved before the process ended. */
const begin = 'UPDATE "Operation" SET "state" = \'RUNNING\' WHERE "id" = ? AND "state" = \'QUEUED\'';

const storeResult =
  'UPDATE "Command" SET "state" = ?, "resultJson" = ?, "failureJson" = ?, "endedAt" = ? WHERE "id" = ? AND "hostId" = ? AND "endedAt" IS NULL';

/** Sent before a restart with other arguments than it would have now: what became of it, observation must tell. */
const otherThanBefore: CommandResult = {
  outcome: 'UNKNOWN',
  result: null,
  failure: { code: 'INTERRUPTED', message: 'sent before a restart, otherwise than it would be now' },
};

/** The failure of a command as the operation tells it. */
export const failureOf = ({ failure, outcome }: CommandResult): Failure => {
  const code = failure && isFailureCode(failure.code) ? failure.code : 'ENGINE_ERROR';
  if (outcome === 'UNKNOWN')
    return new Failure(
      'OUTCOME_UNKNOWN',
      failure?.message ?? 'no result came back',
      'read the state, then decide',
    );
  return new Failure(code, failure?.message ?? 'the command failed');
};

const told = (body: CommandBody): { argsJson: string; argsHash: string } => {
  const hidden = secretArguments[body.__typename] ?? [];
  const open = Object.fromEntries(
    Object.entries(body).filter(([key]) => key !== '__typename' && !hidden.includes(key)),
  );
  const argsJson = JSON.stringify(open);
  return { argsJson, argsHash: createHash('sha256').update(`${body.__typename}\n${argsJson}`).digest('hex') };
};

export const createCommands = ({
  db,
  links,
  onSent,
  clock,
}: {
  db: Database;
  links: Links;
  onSent: OnSent;
  clock: Clock;
}): Commands => {
  type Pending = { hostId: string; envelope: Envelope; settle: (result: CommandResult) => void };
  /** Effects without a result: sent again when the agent comes back. */
  const effects = new Map<string, Pending>();
  const reads = new Map<string, Pending>();

  links.onOpen((link) => {
    for (const { hostId, envelope } of effects.values()) if (hostId === link.hostId) link.push(envelope);
  });
  links.onShut((hostId) => {
    for (const [id, read] of reads) {
      if (read.hostId !== hostId) continue;
      reads.delete(id);
      read.settle({
        outcome: 'FAILED',
        result: null,
        failure: { code: 'HOST_OFFLINE', message: 'the agent’s connection broke' },
      });
    }
  });

  const linkOf = (hostId: string) => {
    const link = links.of(hostId);
    if (!link)
      throw new Failure('HOST_OFFLINE', `the agent of host ${hostId} is not connected`, 'start its agent');
    return link;
  };

  const resultOf = (row: {
    state: string;
    resultJson: string | null;
    failureJson: string | null;
  }): CommandResult => ({
    outcome: row.state as CommandOutcome,
    result: row.resultJson === null ? null : JSON.parse(row.resultJson),
    failure: row.failureJson === null ? null : JSON.parse(row.failureJson),
  });

  const heard = async (
    hostId: string,
    envelope: Omit<Envelope, 'trace'>,
    wait: (envelope: Envelope) => Promise<CommandResult>,
  ): Promise<CommandResult> => {
    const { trace, ended } = onSent({ hostId, id: envelope.id, kind: envelope.body.__typename });
    const result = await wait({ ...envelope, trace });
    ended(result);
    return result;
  };

  /** Waits for the result of an effect that is on its way. */
  const whenCompleted = (
    pending: Omit<Pending, 'settle'>,
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<CommandResult> =>
    new Promise((resolve, reject) => {
      const { id } = pending.envelope;
      // Aborted while the row was written: the event has been already, and nothing would end the wait.
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stopped);
        effects.delete(id);
      };
      const stopped = (): void => {
        end();
        reject(signal.reason);
      };
      const settle = (result: CommandResult): void => {
        end();
        resolve(result);
      };
      const timer = setTimeout(
        () =>
          settle({
            outcome: 'UNKNOWN',
            result: null,
            failure: { code: 'OUTCOME_UNKNOWN', message: 'the agent sent no result in time' },
          }),
        patienceMs,
      );
      signal.addEventListener('abort', stopped, { once: true });
      effects.set(id, { ...pending, settle });
      links.of(pending.hostId)?.push(pending.envelope);
      failpoint('command.afterSend');
    });

  return {
    read: async (hostId, body, timeoutMs = readTimeoutMs) => {
      const link = linkOf(hostId);
      const id = uuidv7();
      const wait = (envelope: Envelope): Promise<CommandResult> =>
        new Promise((resolve) => {
          const timer = setTimeout(() => {
            reads.delete(id);
            resolve({
              outcome: 'FAILED',
              result: null,
              failure: { code: 'ENGINE_TIMEOUT', message: 'no answer in time' },
            });
          }, timeoutMs);
          const settle = (answer: CommandResult): void => {
            clearTimeout(timer);
            resolve(answer);
          };
          reads.set(id, { hostId, envelope, settle });
          link.push(envelope);
        });
      const result = await heard(hostId, { id, operation: null, expiresInMs: timeoutMs, body }, wait);
      if (result.outcome !== 'DONE') throw failureOf(result);
      return result.result;
    },
    carryOut: async ({ run, hostId, step, body, expectations = [], patienceMs = effectPatienceMs }) => {
      const operationId = run.operation.id;
      const args = told(body);
      const send = (to: string, id: string): Promise<CommandResult> =>
        heard(to, { id, operation: operationId, expiresInMs, body }, (envelope) =>
          whenCompleted({ hostId: to, envelope }, patienceMs, run.signal),
        );
      const earlier = run.resumed
        ? await db.read.command.findUnique({ where: { operationId_step: { operationId, step } } })
        : null;
      if (earlier?.endedAt) return resultOf(earlier);
      if (earlier) {
        if (earlier.argsHash !== args.argsHash) return otherThanBefore;
        return send(earlier.hostId, earlier.id);
      }
      const to = typeof hostId === 'string' ? hostId : hostId();
      linkOf(to);
      const id = uuidv7();
      const now = clock.now();
      await failpoint('command.beforeRow');
      const stored = db.write(async (tx) => {
        tx.$sql.insert('Command', {
          id,
          operationId,
          step,
          hostId: to,
          kind: body.__typename,
          ...args,
          state: 'SENT',
          createdAt: now,
          sentAt: now,
        });
        tx.$sql.run(begin, [operationId]);
        for (const { value, ...rest } of expectations)
          tx.$sql.insert('Expectation', {
            ...rest,
            operationId,
            valueJson: JSON.stringify(value),
            createdAt: now,
          });
        await failpoint('command.rowWritten');
      });
      await stored.catch(notStored);
      await failpoint('command.beforeSend');
      return send(to, id);
    },
    abandon: (hostId, { code, message }) => {
      for (const { hostId: of, settle } of effects.values())
        if (of === hostId) settle({ outcome: 'UNKNOWN', result: null, failure: { code, message } });
      for (const [id, { hostId: of, settle }] of reads) {
        if (of !== hostId) continue;
        reads.delete(id);
        settle({ outcome: 'FAILED', result: null, failure: { code, message } });
      }
    },
    acknowledged: async (hostId, id) => {
      await delay(acknowledgeAfterMs);
      if (!effects.has(id)) return;
      await failpoint('command.beforeAcknowledged');
      await db.write(
        async (tx) =>
          void (await tx.command.updateMany({
            where: { id, hostId, state: 'SENT' },
            data: { state: 'ACKNOWLEDGED' },
          })),
      );
      await failpoint('command.afterAcknowledged');
    },
    completed: async (hostId, id, result) => {
      const read = reads.get(id);
      if (read?.hostId === hostId) {
        reads.delete(id);
        read.settle(result);
        return;
      }
      const { outcome } = result;
      const stored = {
        state: outcome,
        resultJson: result.result == null ? null : scrub(JSON.stringify(result.result)),
        failureJson: result.failure && scrub(JSON.stringify(result.failure)),
      };
      await failpoint('command.beforeResult');
      const written = db.write(async (tx) => {
        const { state, resultJson, failureJson } = stored;
        tx.$sql.run(storeResult, [state, resultJson, failureJson, clock.now(), id, hostId]);
        await failpoint('command.resultWritten');
      });
      // Who waits goes on at once: what comes of it is written after this, by the same queue.
      const effect = effects.get(id);
      if (effect?.hostId === hostId)
        effect.settle({ ...resultOf(stored), seen: result.seen, engine: result.engine ?? null });
      await written;
      await failpoint('command.afterResult');
    },
  };
};
