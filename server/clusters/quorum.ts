// The raft rule: how many managers a cluster has, needs and can lose. Pure.
// Source: https://docs.docker.com/engine/swarm/admin_guide/ (majority of (N/2)+1) and swarmkit manager/role_manager.go.
import type { NodeObservation } from './observation.ts';

export type Quorum = {
  /** Members of the raft group. */
  managers: number;
  reachable: number;
  /** A majority of `managers`. */
  needed: number;
  /** How many reachable ones can still be lost. Negative: quorum is lost. */
  tolerates: number;
};

/** What the rule looks at. */
export type Member = Pick<NodeObservation, 'id' | 'role' | 'managerStatus' | 'status'>;

export const quorumOf = (managers: number, reachable: number): Quorum => {
  const needed = managers === 0 ? 0 : Math.floor(managers / 2) + 1;
  return { managers, reachable, needed, tolerates: reachable - needed };
};

/**
 * In the raft group, or on the way into it: a promotion counts from when it is wished for. Who is listed as a manager, is
 * in no raft group and not there either was one before the cluster was begun anew (recoverCluster).
 */
export const isMember = ({ role, managerStatus, status }: Member): boolean =>
  managerStatus !== null || (role === 'MANAGER' && status.state === 'READY');
/** On the way out of it: its demotion is wished for, and the managers have not carried it out yet. */
export const isLeaving = ({ role, managerStatus }: Member): boolean =>
  managerStatus !== null && role === 'WORKER';
export const isReachable = ({ managerStatus }: Member): boolean =>
  managerStatus?.reachability === 'REACHABLE';

export const quorumNow = (nodes: readonly Member[]): Quorum => {
  const members = nodes.filter(isMember);
  return quorumOf(members.length, members.filter(isReachable).length);
};

/** After the given managers have become workers. */
export const quorumWithout = (nodes: readonly Member[], ids: ReadonlySet<string>): Quorum =>
  quorumNow(nodes.filter(({ id }) => !ids.has(id)));

/** After the given workers have become reachable managers. */
export const quorumWith = (nodes: readonly Member[], ids: ReadonlySet<string>): Quorum => {
  const now = quorumNow(nodes);
  const added = nodes.filter((node) => ids.has(node.id) && !isMember(node)).length;
  return quorumOf(now.managers + added, now.reachable + added);
};

/** What an operator should know of it, or null when all is well. */
export const adviceOf = ({ managers, reachable, needed, tolerates }: Quorum): string | null => {
  if (managers === 0) return null;
  if (tolerates < 0)
    return `quorum is lost: ${reachable} of ${managers} managers are reachable, ${needed} are needed`;
  if (reachable < managers)
    return `${managers - reachable} of ${managers} managers unreachable; bring them back, or demote and replace them`;
  if (managers === 1) return 'one manager: if it is lost the cluster is lost; have three';
  if (managers % 2 === 0)
    return `${managers} managers tolerate no more failures than ${managers - 1}; have an odd number`;
  if (managers > 7) return `${managers} managers slow each write down; Docker advises at most seven`;
  return null;
};
