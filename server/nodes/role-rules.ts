// What promotions and demotions are judged by, on nodes as a manager listed them. Pure. The arithmetic: clusters/quorum.ts.
import type { NodeObservation } from '../clusters/observation.ts';
import {
  isLeaving,
  isMember,
  isReachable,
  type Quorum,
  quorumNow,
  quorumWith,
  quorumWithout,
} from '../clusters/quorum.ts';
import { allClear, refused, type Verdict } from '../operations/action.ts';
import type { Guard, Impact, Warning } from '../operations/operation.ts';
import { Failure } from '../platform/failure.ts';

export const noImpact: Impact = {
  managersBefore: null,
  managersAfter: null,
  reachableAfter: null,
  toleratesBefore: null,
  toleratesAfter: null,
  tasksMoving: null,
  servicesWithGap: null,
  unplaceable: null,
  standaloneContainers: null,
};

/** What a change of the managers means in numbers. */
export const impactOf = (before: Quorum, after: Quorum): Impact => ({
  ...noImpact,
  managersBefore: before.managers,
  managersAfter: after.managers,
  reachableAfter: after.reachable,
  toleratesBefore: before.tolerates,
  toleratesAfter: after.tolerates,
});

/** An even number of managers, or more than seven. */
export const evenOrMany = ({ managers }: Quorum): Warning[] => [
  ...(managers > 0 && managers % 2 === 0
    ? [
        {
          code: 'EVEN_MANAGERS',
          message: `${managers} managers tolerate no more failures than ${managers - 1}`,
          target: null,
        },
      ]
    : []),
  ...(managers > 7
    ? [
        {
          code: 'MANY_MANAGERS',
          message: `${managers} managers slow each write down; Docker advises at most seven`,
          target: null,
        },
      ]
    : []),
];

/** Who may go and come is not known without a leader. */
const leaderless = (nodes: readonly NodeObservation[]): Failure | null =>
  nodes.some(({ managerStatus }) => managerStatus?.leader)
    ? null
    : new Failure(
        'NO_LEADER',
        'no manager leads: an election runs, or quorum is lost',
        'wait for the election',
      );

/** Asks nothing of nodes that are managers already. */
export const judgePromotion = (
  nodes: readonly NodeObservation[],
  targets: readonly NodeObservation[],
): Verdict => {
  const notReady = targets.find(({ status, role }) => status.state !== 'READY' && role === 'WORKER');
  if (notReady)
    return refused(
      new Failure(
        'NODE_NOT_READY',
        `node ${notReady.hostname} is ${notReady.status.state}, not READY`,
        'bring it back first',
      ),
    );
  const without = leaderless(nodes);
  if (without) return refused(without);
  const after = quorumWith(nodes, new Set(targets.map(({ id }) => id)));
  return { ...allClear, warnings: evenOrMany(after), impact: impactOf(quorumNow(nodes), after) };
};

/** The unreachable first, for it gives tolerance back; the leader last, for it moves the leadership. */
export const demotionOrder = (targets: readonly NodeObservation[]): NodeObservation[] => {
  const rank = (node: NodeObservation): number =>
    !isReachable(node) ? 0 : node.managerStatus?.leader ? 2 : 1;
  return [...targets].sort((a, b) => rank(a) - rank(b));
};

/**
 * Each step in the order of acting must keep a majority, whether a demotion that somebody has asked for already and
 * that the managers put off is carried out meanwhile or not.
 */
const whyQuorumLost = (
  nodes: readonly NodeObservation[],
  managers: readonly NodeObservation[],
  leaving: readonly NodeObservation[],
): Failure | null => {
  const gone = new Set<string>();
  for (const node of demotionOrder(managers)) {
    gone.add(node.id);
    for (const without of [gone, new Set([...gone, ...leaving.map(({ id }) => id)])]) {
      const then = quorumWithout(nodes, without);
      if (then.tolerates < 0)
        return new Failure(
          'WOULD_LOSE_QUORUM',
          `without ${node.hostname} only ${then.reachable} of ${then.managers} managers would be reachable, ${then.needed} are needed`,
          'bring the unreachable managers back first',
        );
    }
  }
  return null;
};

/** Asks nothing of nodes that are no managers. */
export const judgeDemotion = (
  nodes: readonly NodeObservation[],
  targets: readonly NodeObservation[],
): Verdict => {
  const managers = targets.filter(isMember);
  const before = quorumNow(nodes);
  if (managers.length === 0) return { ...allClear, impact: impactOf(before, before) };
  const without = leaderless(nodes);
  if (without) return refused(without);
  const leaving = nodes.filter(isLeaving);
  const gone = new Set([...managers, ...leaving].map(({ id }) => id));
  if (!nodes.some((node) => isMember(node) && !gone.has(node.id)))
    return refused(
      new Failure('LAST_MANAGER', 'no manager would be left', 'keep one, or dissolve the cluster'),
    );
  const lost = whyQuorumLost(nodes, managers, leaving);
  if (lost) return refused(lost);
  const after = quorumWithout(nodes, gone);
  const guards: Guard[] = [];
  const meanwhile = quorumWithout(nodes, new Set(managers.map(({ id }) => id)));
  const worst = meanwhile.tolerates < after.tolerates ? meanwhile : after;
  if (before.tolerates >= 1 && worst.tolerates < 1)
    guards.push({
      guard: 'NO_FAULT_TOLERANCE',
      message: `${before.managers} managers tolerate the loss of ${before.tolerates}; ${worst.managers} would tolerate none`,
    });
  const unreachable = nodes.filter(
    (node) => node.managerStatus !== null && !isReachable(node) && !gone.has(node.id),
  );
  if (unreachable.length > 0 && managers.some(isReachable))
    guards.push({
      guard: 'UNREACHABLE_MANAGER',
      message: `manager ${unreachable.map(({ hostname }) => hostname).join(', ')} is unreachable, and fewer reachable ones would be left`,
    });
  const leader = managers.find(({ managerStatus }) => managerStatus?.leader);
  const warnings = evenOrMany(after);
  if (leader)
    warnings.push({
      code: 'LEADER_MOVES',
      message: `${leader.hostname} leads; the leadership moves first and calls may wait for up to a second`,
      target: leader.id,
    });
  return { guards, warnings, impact: impactOf(before, after), refusal: null };
};
