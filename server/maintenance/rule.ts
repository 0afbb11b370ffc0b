// Which node is next, and what has to be so before it is taken. Pure, on nodes as a manager listed them a moment ago.
import type { NodeObservation } from '../clusters/observation.ts';
import { isMember, isReachable, quorumNow, quorumOf } from '../clusters/quorum.ts';
import type { Guard } from '../operations/operation.ts';
import { Failure } from '../platform/failure.ts';

/** Takes no tasks, or may not be there at all. A paused node is there and goes on with its tasks. */
export const isUnavailable = ({ availability, status }: NodeObservation): boolean =>
  availability === 'DRAIN' || status.state !== 'READY';

const isManager = (node: NodeObservation): boolean => node.role === 'MANAGER' || isMember(node);
const names = (nodes: readonly NodeObservation[]): string => nodes.map(({ hostname }) => hostname).join(', ');

/** Workers, then managers, the leader last: each election is one more moment without a leader. What is out of use already goes first. */
export const inTurn = (nodes: readonly NodeObservation[]): NodeObservation[] => {
  const rank = (node: NodeObservation): number =>
    (isManager(node) ? 2 : 0) + (node.managerStatus?.leader ? 2 : 0) + (isUnavailable(node) ? 0 : 1);
  return [...nodes].sort((a, b) => rank(a) - rank(b));
};

/** One less may be reachable while its engine is stopped; it stays in the raft group. */
const quorumWhileDown = (nodes: readonly NodeObservation[], node: NodeObservation) => {
  const { managers, reachable } = quorumNow(nodes);
  return quorumOf(managers, reachable - (isMember(node) && isReachable(node) ? 1 : 0));
};

/** Trips when the cluster tolerates the loss of a manager now, and would tolerate none while this one is down. */
export const judgeTolerance = (nodes: readonly NodeObservation[], node: NodeObservation): Guard[] => {
  const now = quorumNow(nodes);
  const then = quorumWhileDown(nodes, node);
  return now.tolerates >= 1 && then.tolerates < 1
    ? [
        {
          guard: 'NO_FAULT_TOLERANCE',
          message: `${now.managers} managers tolerate the loss of ${now.tolerates}; while ${node.hostname} is down of none`,
        },
      ]
    : [];
};

/** A manager of one or two can never be down for a while without the loss of quorum. */
export const whyNever = (
  nodes: readonly NodeObservation[],
  targets: readonly NodeObservation[],
): Failure | null => {
  const { managers } = quorumNow(nodes);
  const manager = targets.find(isManager);
  if (!manager || quorumOf(managers, managers).tolerates >= 1) return null;
  return new Failure(
    'WOULD_LOSE_QUORUM',
    `${managers === 1 ? 'the only manager' : `one of ${managers} managers`}, ${manager.hostname}, cannot be down without the loss of quorum`,
    'have three managers first, or leave the managers out',
  );
};

/** Why quorum does not hold without this node, or null. */
export const whyNeeded = (nodes: readonly NodeObservation[], node: NodeObservation): string | null => {
  const { managers, reachable, needed, tolerates } = quorumWhileDown(nodes, node);
  return isManager(node) && tolerates < 0
    ? `without ${node.hostname} ${reachable} of ${managers} managers would be reachable, ${needed} are needed`
    : null;
};

/**
 * Why this node is not taken now, in plain words, or null. It may be taken later without anybody asking again.
 * @param selection ids of all nodes of the maintenance. @param working ids of those in work.
 */
export const whyWait = (
  nodes: readonly NodeObservation[],
  next: NodeObservation,
  {
    selection,
    working,
    maxUnavailable,
  }: { selection: ReadonlySet<string>; working: ReadonlySet<string>; maxUnavailable: number },
): string | null => {
  const away = nodes.filter(
    (node) => node.id !== next.id && selection.has(node.id) && (working.has(node.id) || isUnavailable(node)),
  );
  if (away.length >= maxUnavailable)
    return `${names(away)} of the selection ${away.length === 1 ? 'is' : 'are'} in maintenance, drained or not Ready, and ${maxUnavailable} may be`;
  if (!isManager(next)) return null;
  const manager = nodes.find((node) => working.has(node.id) && isManager(node));
  if (manager) return `manager ${manager.hostname} is in maintenance: one at a time`;
  if (!nodes.some(({ managerStatus }) => managerStatus?.leader))
    return 'no manager leads: an election runs, or quorum is lost';
  return whyNeeded(nodes, next);
};
