// What an action is: a value that a slice exports and the one door (operations.ts) carries out.
import type { z } from 'zod';
import type { Actor, Requester } from '../audit/actor.ts';
import type { Change } from '../platform/events.ts';
import type { Failure } from '../platform/failure.ts';
import type { Guard, Impact, Operation, Progress, Target, Warning } from './operation.ts';

/** Where an action points: fixed at the intent, by ids. */
export type Resolved<Plan> = {
  clusterId: string | null;
  /** All that `act` needs; plain JSON, for it is how a restarted server goes on. Never a secret. */
  plan: Plan;
  targets: readonly { kind: string; id: string | null; name: string }[];
  /** Names of the locks held while it is judged and carried out, for example `role:<cluster id>`. */
  locks: readonly string[];
};

export type Verdict = {
  /** All that trip; refused unless every one is overridden. */
  guards: readonly Guard[];
  warnings: readonly Warning[];
  impact: Impact | null;
  /** Cannot be done at all, whatever is overridden. */
  refusal: Failure | null;
};

/** What `act` is given: the operation's targets and record while it runs. */
export type Run = {
  readonly operation: Operation;
  /** True when an earlier process began it. Commands of then are not sent again (hosts/commands.ts). */
  readonly resumed: boolean;
  /** Aborted when the server stops: every wait ends with it, and the next start goes on. */
  readonly signal: AbortSignal;
  /** Aborted when somebody cancels: a target that was begun is finished, the others are left. */
  readonly cancel: AbortSignal;
  /**
   * Runs the work for each target that is not final yet and keeps what comes of it; one target's failure does not stop
   * the others. After a cancellation the ones not begun are SKIPPED.
   */
  each(work: (target: Target) => Promise<void>, options?: { parallel?: boolean }): Promise<void>;
  /**
   * Runs the work for one target, as `each` does: for an act that decides itself what is begun, and when. After a
   * cancellation one that was not begun is SKIPPED.
   */
  carry(target: Target, work: (target: Target) => Promise<void>): Promise<void>;
  /**
   * Takes more locks while it runs, for an operation that lives too long to hold all from its beginning. They are kept
   * with the operation, so that after a restart it has them before it goes on; those that it holds already are not waited
   * for. All are given back with its outcome at the latest.
   * @returns gives these back.
   * @throws Failure BUSY after `waitMs`.
   */
  hold(names: readonly string[], waitMs: number): Promise<() => void>;
  /** Until the operation is stored as it stands, its plan too. @throws Failure DATABASE_UNAVAILABLE */
  keep(): Promise<void>;
  /** Puts a step on record around the work, which may `tell` how it stands; its result may be told in `detail`. */
  step<T>(
    name: string,
    target: string | null,
    work: (tell: (detail: string) => void) => Promise<T>,
    detail?: (value: T) => string,
  ): Promise<T>;
  /** Puts on record that a step was not needed, and why. */
  skip(name: string, target: string | null, why: string): void;
  warn(warning: Warning): void;
  progress(progress: Progress): void;
  /** The state turns UNKNOWN while an effect is not known, and RUNNING again when it is. */
  unknown(isUnknown: boolean): void;
  /** What was changed, as observed: on record with the outcome. `subject` is the id of what changed. */
  changed(subject: string, changes: readonly Change[]): void;
  /** What it found out: kept with the operation as plain JSON, never a secret. */
  report(found: object): void;
  /** When the read began that showed the wanted state. */
  observed(at: Date): void;
  /** Inputs that are secrets (`Action.secrets`), while the process lives that the caller asked; afterwards empty. */
  readonly given: Readonly<Record<string, string>>;
  /** Puts on record that a secret is about to be read; only afterwards it may be. */
  secretRead(): Promise<void>;
};

/**
 * One change that can be asked for. `resolve` turns references into ids (throws Failure: refused, on record), `judge`
 * says what stands in the way on state read afresh, `act` carries out and observes; it must bear being run again from
 * the top after a restart. What `act` returns goes to the caller once and is stored nowhere (secrets).
 */
export type Action<Input, Plan, Secret = void> = {
  name: string;
  permission: string;
  input: z.ZodType<Input>;
  /**
   * Fields of the input that are secrets: redacted before anything is stored, hashed or told, and `act` finds them in
   * `run.given`. `resolve` sees them and puts them nowhere.
   */
  secrets?: readonly string[];
  /** What the input names: the targets on record when `resolve` does not find them. Left out: nothing. */
  named?(input: Input): { kind: string; name: string }[];
  resolve(input: Input, requester: Requester): Promise<Resolved<Plan>>;
  judge(plan: Plan, operation: Operation): Promise<Verdict>;
  /**
   * Whether what the plan needs can be read now. After a restart an operation is not gone on with before it says so, or
   * two minutes have passed: agents take a moment to come back. Left out: at once.
   */
  reachable?(plan: Plan): Promise<boolean>;
  act(run: Run, plan: Plan): Promise<Secret>;
};

/** Any action, for lists: its functions are methods, so that TypeScript compares their parameters both ways. */
export type AnyAction = Action<unknown, unknown, unknown>;

/** Whether the actor holds the permission: for the cluster, or for any (undefined), or for things of no cluster (null). */
export type Authorise = (actor: Actor, permission: string, clusterId?: string | null) => boolean;

/** Nothing stands in the way. */
export const allClear: Verdict = { guards: [], warnings: [], impact: null, refusal: null };
export const refused = (refusal: Failure): Verdict => ({ ...allClear, refusal });
