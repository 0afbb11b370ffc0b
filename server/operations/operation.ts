// One mutation at work: what is known of it, and its row.
import type { Operation as Row } from '../../prisma/generated/client.ts';
import type { Actor } from '../audit/actor.ts';
import type { Change } from '../platform/events.ts';
import type { FailureInfo } from '../platform/failure.ts';

/** UNKNOWN: an effect is not known yet and is being observed. */
export const openStates = ['QUEUED', 'RUNNING', 'CANCELLING', 'UNKNOWN'] as const;
export const finalStates = ['SUCCEEDED', 'FAILED', 'REFUSED', 'CANCELLED', 'UNRESOLVED'] as const;
export type OpenState = (typeof openStates)[number];
export type FinalState = (typeof finalStates)[number];
export type OperationState = OpenState | FinalState;

export const targetStates = ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'SKIPPED', 'UNKNOWN'] as const;
export type TargetState = (typeof targetStates)[number];

/** A thing that the operation acts on: id and name as of the intent. */
export type Target = {
  kind: string;
  id: string | null;
  name: string;
  state: TargetState;
  failure: FailureInfo | null;
};

export type Step = {
  name: string;
  /** Id of the target that it is for; null: for all. */
  target: string | null;
  state: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'SKIPPED';
  detail: string | null;
  startedAt: string;
  endedAt: string | null;
};

export const guardNames = [
  'NO_FAULT_TOLERANCE',
  'LAST_ACTIVE_NODE',
  'CONCURRENT_DRAIN',
  'UNREACHABLE_MANAGER',
  'HOSTS_SKEP',
  'JOIN_ADDRESS_GONE',
  'ADDRESS_NOT_LOCAL',
  'PORT_BLOCKED',
  'MAJORITY_RECOVERABLE',
  'MEMBERS_LEFT_BEHIND',
  'KERNEL_LACKS_ESP',
] as const;
export type GuardName = (typeof guardNames)[number];
export type Guard = { guard: GuardName; message: string };
export type Warning = { code: string; message: string; target: string | null };

/** What it means in numbers; null where not known or not asked. */
export type Impact = {
  managersBefore: number | null;
  managersAfter: number | null;
  reachableAfter: number | null;
  toleratesBefore: number | null;
  toleratesAfter: number | null;
  tasksMoving: number | null;
  servicesWithGap: string[] | null;
  unplaceable: string[] | null;
  standaloneContainers: number | null;
};

export type Progress = { done: number; total: number; unit: string };

export type Operation = {
  id: string;
  action: string;
  state: OperationState;
  dryRun: boolean;
  clusterId: string | null;
  actor: Actor;
  reason: string | null;
  requestId: string;
  sourceAddress: string | null;
  idempotencyKey: string | null;
  inputHash: string;
  input: unknown;
  /** What `resolve` answered: how a restarted server goes on. */
  plan: unknown;
  locks: string[];
  targets: Target[];
  steps: Step[];
  guards: Guard[];
  overrides: GuardName[];
  warnings: Warning[];
  impact: Impact | null;
  progress: Progress | null;
  /** What it changed, as observed; paths begin with the id of what changed. On record with the outcome. */
  changes: Change[];
  failure: FailureInfo | null;
  /** What it found out, in the shape of its slice: plain JSON, told only where that slice tells it. */
  report: unknown;
  startedAt: Date;
  endedAt: Date | null;
  observedAt: Date | null;
};

export const isFinal = (state: OperationState): state is FinalState =>
  finalStates.some((final) => final === state);

const orNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
const parsed = <T>(text: string | null): T | null => (text === null ? null : JSON.parse(text));

/** The row of an operation; `dryRun` has none, since a dry run is never stored. */
export const rowOf = (operation: Operation): Row => ({
  id: operation.id,
  action: operation.action,
  state: operation.state,
  clusterId: operation.clusterId,
  actorJson: JSON.stringify(operation.actor),
  actorId: operation.actor.id,
  reason: operation.reason,
  requestId: operation.requestId,
  sourceAddress: operation.sourceAddress,
  idempotencyKey: operation.idempotencyKey,
  inputHash: operation.inputHash,
  inputJson: JSON.stringify(operation.input),
  planJson: JSON.stringify({ plan: operation.plan, locks: operation.locks }),
  targetsJson: JSON.stringify(operation.targets),
  stepsJson: JSON.stringify(operation.steps),
  guardsJson: JSON.stringify(operation.guards),
  overridesJson: JSON.stringify(operation.overrides),
  warningsJson: JSON.stringify(operation.warnings),
  impactJson: orNull(operation.impact),
  progressJson: orNull(operation.progress),
  changesJson: JSON.stringify(operation.changes),
  failureJson: orNull(operation.failure),
  reportJson: orNull(operation.report),
  startedAt: operation.startedAt,
  endedAt: operation.endedAt,
  observedAt: operation.observedAt,
});

/** The operation of a row that the server itself wrote. */
export const operationOf = (row: Row): Operation => ({
  id: row.id,
  action: row.action,
  state: row.state as OperationState,
  dryRun: false,
  clusterId: row.clusterId,
  actor: JSON.parse(row.actorJson),
  reason: row.reason,
  requestId: row.requestId,
  sourceAddress: row.sourceAddress,
  idempotencyKey: row.idempotencyKey,
  inputHash: row.inputHash,
  input: JSON.parse(row.inputJson),
  ...(parsed<{ plan: unknown; locks: string[] }>(row.planJson) ?? { plan: null, locks: [] }),
  targets: JSON.parse(row.targetsJson),
  steps: JSON.parse(row.stepsJson),
  guards: JSON.parse(row.guardsJson),
  overrides: JSON.parse(row.overridesJson),
  warnings: JSON.parse(row.warningsJson),
  impact: parsed(row.impactJson),
  progress: parsed(row.progressJson),
  changes: JSON.parse(row.changesJson),
  failure: parsed(row.failureJson),
  report: parsed(row.reportJson),
  startedAt: row.startedAt,
  endedAt: row.endedAt,
  observedAt: row.observedAt,
});

/** What events and filters know of an operation: its scalars. */
export const operationScalars = ({
  plan: _,
  locks: __,
  input: ___,
  report: ____,
  ...told
}: Operation): unknown => told;
