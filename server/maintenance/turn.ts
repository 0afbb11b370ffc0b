// Waiting until a further node may be taken: judged on a fresh read, and again under the locks that nobody else then holds.
import type { NodeObservation } from '../clusters/observation.ts';
import { isMember } from '../clusters/quorum.ts';
import { allClear, type Run } from '../operations/action.ts';
import type { Target } from '../operations/operation.ts';
import { whyRefused } from '../operations/verdict.ts';
import { waitFor } from '../operations/wait.ts';
import { Failure } from '../platform/failure.ts';
import type { Begin } from './maintain.ts';
import type { MaintenanceParts } from './parts.ts';
import type { Plan, Work } from './plan.ts';
import { inTurn, judgeTolerance, whyWait } from './rule.ts';

const lookEveryMs = 500;
/** Then it looks again: the rule may say something else by now. */
const lockMs = 2_000;

/** A node whose turn it is. `release` gives its locks back. */
export type Turn = { target: Target; begin: Begin; release: () => void };

const availabilityLock = (clusterId: string): string => `availability:${clusterId}`;
/** While one of its managers may be stopped, nobody changes who the managers are. */
const locksOf = (clusterId: string, nodeId: string, isManager: boolean): string[] => [
  `node:${nodeId}`,
  ...(isManager ? [`role:${clusterId}`] : []),
];

const failed = ({ operation }: Run): Target | undefined =>
  operation.targets.find(({ state }) => state === 'FAILED' || state === 'UNKNOWN');

/** Why no further node is ever begun, or null. */
export const whyEnd = (run: Run): string | null => {
  if (run.cancel.aborted) return 'cancelled before it was begun';
  const first = failed(run);
  return first ? `${first.name} failed, so this one was not begun` : null;
};

/** Of one that was in work before a restart: its locks are the operation's still. */
export const resumedTurn = async (run: Run, plan: Plan, target: Target, nodeId: string, work: Work) => {
  const own = run.operation.locks.filter(
    (name) => name === `node:${nodeId}` || (work.isManager && name === `role:${plan.clusterId}`),
  );
  const release = await run.hold(own, lockMs);
  const drained = await run.hold(
    run.operation.locks.filter((name) => name === availabilityLock(plan.clusterId)),
    lockMs,
  );
  return { target, begin: { nodeId, work, drained }, release } satisfies Turn;
};

/** Ids of the nodes that are in work. */
const working = ({ operation }: Run): ReadonlySet<string> =>
  new Set(operation.targets.flatMap(({ id, state }) => (id !== null && state === 'RUNNING' ? [id] : [])));

/** Why the node is not taken now, by rule and guards; null: it may be. */
const whyNotNow = (
  { guards }: MaintenanceParts,
  run: Run,
  plan: Plan,
  nodes: readonly NodeObservation[],
  next: NodeObservation,
): string | null => {
  const { maxUnavailable, nodeIds } = plan;
  const ours = working(run);
  const why = whyWait(nodes, next, { selection: new Set(nodeIds), working: ours, maxUnavailable });
  if (why !== null) return why;
  // One that was taken a moment ago may not be seen in drain yet.
  const soon = nodes.map((node) => (ours.has(node.id) ? { ...node, availability: 'DRAIN' as const } : node));
  const standing = [...guards.judge(run.operation, soon, [next]), ...judgeTolerance(nodes, next)];
  return whyRefused({ ...allClear, guards: standing }, run.operation.overrides)?.message ?? null;
};

/** A turn; END: no further one comes; otherwise why none is there now. */
type Look = Turn | 'END' | (string & {});

const takeLocks = async (
  parts: MaintenanceParts,
  run: Run,
  plan: Plan,
  next: NodeObservation,
  target: Target,
): Promise<Look> => {
  const { clusterId } = plan;
  const isManager = next.role === 'MANAGER' || isMember(next);
  const drained = await run.hold([availabilityLock(clusterId)], lockMs);
  let release = (): void => undefined;
  const letGo = (): void => {
    release();
    drained();
  };
  try {
    release = await run.hold(locksOf(clusterId, next.id, isManager), lockMs);
    const { nodes } = await parts.change.readForChange(clusterId);
    const node = nodes.find(({ id }) => id === next.id);
    if (!node) throw new Failure('NODE_NOT_FOUND', `the cluster no longer has ${target.name}`);
    const why =
      (node.role === 'MANAGER' || isMember(node)) === isManager
        ? whyNotNow(parts, run, plan, nodes, node)
        : `the role of ${node.hostname} has just changed`;
    if (why !== null || plan.paused || whyEnd(run) !== null) {
      letGo();
      return why ?? 'it was paused or ended meanwhile';
    }
    const work: Work = {
      phase: 'DRAIN',
      earlier: node.availability,
      since: parts.clock.now().toISOString(),
      wasDown: node.status.state === 'DOWN',
      isManager,
      bootId: null,
      wentOn: null,
    };
    plan.works[node.id] = work;
    return { target, begin: { nodeId: node.id, work, drained }, release };
  } catch (error) {
    letGo();
    throw error;
  }
};

const lookFor = async (parts: MaintenanceParts, run: Run, plan: Plan): Promise<Look> => {
  const pending = run.operation.targets.filter(({ state }) => state === 'PENDING');
  if (pending.length === 0 || whyEnd(run) !== null) return 'END';
  if (plan.paused) return `paused by ${plan.paused.by}: resumeMaintenance lets it go on`;
  try {
    const { nodes } = await parts.change.readForChange(plan.clusterId);
    const gone = pending.find(({ id }) => !nodes.some((node) => node.id === id));
    if (gone) return await gonePending(run, gone);
    const [next] = inTurn(nodes.filter(({ id }) => pending.some((target) => target.id === id)));
    const target = pending.find(({ id }) => id === next?.id);
    if (!next || !target) return 'END';
    return whyNotNow(parts, run, plan, nodes, next) ?? (await takeLocks(parts, run, plan, next, target));
  } catch (error) {
    // Nobody can be asked, or somebody holds what it needs: that passes.
    if (error instanceof Failure) return error.message;
    throw error;
  }
};

const gonePending = async (run: Run, target: Target): Promise<Look> => {
  await run.carry(target, async () => {
    throw new Failure('NODE_NOT_FOUND', `the cluster no longer has ${target.name}`, 'list nodes');
  });
  return 'END';
};

/**
 * Waits until a further node may be taken. What it waits for stands in a step.
 * @returns null: none is left to begin, or none is to be begun any more.
 */
export const awaitTurn = async (parts: MaintenanceParts, run: Run, plan: Plan): Promise<Turn | null> => {
  const first = await lookFor(parts, run, plan);
  if (typeof first !== 'string') return first;
  if (first === 'END') return null;
  return run.step('await turn', null, async (tell) => {
    tell(first);
    const turn = await waitFor<Turn | 'END'>(
      async () => {
        const look = await lookFor(parts, run, plan);
        if (typeof look !== 'string') return look;
        if (look === 'END') return 'END';
        tell(look);
        return null;
      },
      { timeoutMs: Number.POSITIVE_INFINITY, intervalMs: lookEveryMs, signal: run.signal },
    );
    return turn === 'END' ? null : turn;
  });
};
