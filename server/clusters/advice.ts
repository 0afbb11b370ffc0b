// What an operator should do about a cluster's managers: which are up, how many must come back, and the next step for each.
import type { Hosts } from '../hosts/registry.ts';
import { type Cluster, quorumOfCluster, type Split, stateOf } from './cluster.ts';
import { formerManagersSeen, isRecoverable, type ManagerSeen, managersSeen } from './managers-seen.ts';
import { adviceOf, type Quorum, quorumOf } from './quorum.ts';

const names = (list: readonly { name: string }[]): string => list.map(({ name }) => name).join(', ');
const inState = (all: readonly ManagerSeen[], state: ManagerSeen['state']): ManagerSeen[] =>
  all.filter((manager) => manager.state === state);

/** How each group of managers is brought back. */
const howToBringBack = (managers: readonly ManagerSeen[]): string[] => {
  const step = (state: ManagerSeen['state'], what: (of: string) => string): string[] => {
    const some = inState(managers, state);
    return some.length > 0 ? [what(names(some))] : [];
  };
  return [
    ...step('ENGINE_DOWN', (of) => `start the engine of ${of}`),
    ...step('LOCKED', (of) => `unlock ${of} (unlockHosts)`),
    ...step('AGENT_AWAY', (of) => `look at ${of}: no agent there is connected`),
    ...step('GONE', (of) => `${of} left the swarm and cannot come back`),
    ...step('NOT_MANAGER', (of) => `${of} does not act as a manager`),
  ];
};

const upOf = (managers: readonly ManagerSeen[]): string => {
  const up = inState(managers, 'UP');
  return `${up.length} of ${managers.length} managers are up (${up.length > 0 ? names(up) : 'none'})`;
};

const ofLostQuorum = (managers: readonly ManagerSeen[]): string => {
  const { needed } = quorumOf(managers.length, 0);
  const up = inState(managers, 'UP');
  const back = managers.filter(isRecoverable).length;
  const missing = needed - up.length;
  const steps = howToBringBack(managers).join('; ');
  if (missing <= 0)
    return `quorum is lost although ${upOf(managers)} and ${needed} are needed: they do not reach each other; look at the network between them (ports 2377 and 7946)`;
  return [
    `quorum is lost: ${upOf(managers)}, ${needed} are needed, so ${missing} must come back: ${steps}`,
    back >= needed
      ? 'then it goes on by itself and nothing is lost'
      : up.length > 0
        ? `only when they cannot come back: recoverCluster on ${up.length > 1 ? 'one of ' : ''}${names(up)} begins anew with one manager`
        : 'without a manager that is up nothing can be recovered',
  ].join('; ');
};

const ofUnreachable = (managers: readonly ManagerSeen[]): string => {
  if (managers.length === 0) return 'no manager is known: start an agent on one';
  const steps = howToBringBack(managers).join('; ');
  return `it cannot be read: ${upOf(managers)}${steps === '' ? '; their engines do not answer in time' : `; ${steps}`}`;
};

/** The guided return of one that was a manager before a recovery. */
const nextStep = ({ name, host, state, node }: ManagerSeen): string => {
  if (host === null)
    return `${name} (node ${node.id}) has no agent: see that its engine stays stopped, then removeNodes`;
  if (state === 'GONE')
    return `${name} has left: removeNodes (node ${node.id}), then joinHosts as manager (host ${host.id})`;
  if (state === 'AGENT_AWAY' || state === 'ENGINE_DOWN')
    return `${name} is away: two such engines started together may go on as a second swarm, so bring them back one by one, each with leaveSwarm by force (host ${host.id}) first; or removeNodes (node ${node.id})`;
  return `${name}: leaveSwarm by force (host ${host.id}), removeNodes, then joinHosts as manager`;
};

const ofFormer = (former: readonly ManagerSeen[]): string =>
  `of before the recovery, listed as managers and none: ${former.map(nextStep).join('; ')}`;

/**
 * Why before they meet: a manager begun anew has removed the others from its raft group and answers their messages so,
 * upon which they stop and wipe their state (swarmkit, manager/state/raft/raft.go ProcessRaftMessage, transport/peer.go
 * and node/node.go runManager).
 */
const ofSplit = ({ sides }: Split, cluster: Cluster, hosts: Hosts): string => {
  const side = ({ leader, hosts: ids }: Split['sides'][number]): string => {
    const on = ids.map((id) => hosts.find(id)?.name ?? id).join(', ');
    return `${on} (led by ${cluster.nodes.get(leader)?.hostname ?? leader})`;
  };
  return `two live swarms have this id: ${sides.map(side).join(' against ')}. No change is sent. Decide which is wrong and let its hosts leave by force (leaveSwarm with force) while the two are still cut off from each other: a manager that was begun anew puts out of the raft group those that it meets`;
};

/** Null: all is well. */
export const adviceFor = (cluster: Cluster, hosts: Hosts): string | null => {
  const managers = managersSeen(cluster, hosts);
  switch (stateOf(cluster)) {
    case 'DISSOLVED':
      return null;
    case 'SPLIT':
      return cluster.split && ofSplit(cluster.split, cluster, hosts);
    case 'NO_LEADER':
      return `no manager leads: ${upOf(managers)}. An election takes up to half a minute: wait for it`;
    case 'QUORUM_LOST':
      return ofLostQuorum(managers);
    case 'UNREACHABLE':
      return ofUnreachable(managers);
    default: {
      const former = formerManagersSeen(cluster, hosts);
      if (former.length > 0) return ofFormer(former);
      return inState(managers, 'LOCKED').length > 0
        ? howToBringBack(managers).join('; ')
        : adviceOf(quorumOfCluster(cluster));
    }
  }
};

/**
 * The quorum as it can be told now. Without a leader nobody counts any more: then those count that are up, and fewer
 * than are needed reach each other.
 */
export const quorumSeen = (cluster: Cluster, hosts: Hosts): Quorum => {
  const quorum = quorumOfCluster(cluster);
  if (cluster.trouble?.code !== 'NO_LEADER') return quorum;
  const up = inState(managersSeen(cluster, hosts), 'UP').length;
  return quorumOf(quorum.managers, Math.min(up, quorum.needed - 1));
};
