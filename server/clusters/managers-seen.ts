// What agents tell of each manager that a cluster lists: who could take part in an election, and who could be brought back.
import type { Host } from '../hosts/host.ts';
import type { Hosts } from '../hosts/registry.ts';
import { type Cluster, isFormerManager, type SeenNode } from './cluster.ts';

/**
 * UP: its engine acts as a manager. ENGINE_DOWN: its agent says that the engine does not answer. LOCKED: it waits for its
 * unlock key. AGENT_AWAY: no agent, or none connected; nobody knows. GONE: its host is in no swarm, or is another node.
 * NOT_MANAGER: its engine is no manager, whatever is listed.
 */
export type ManagerState = 'UP' | 'ENGINE_DOWN' | 'LOCKED' | 'AGENT_AWAY' | 'GONE' | 'NOT_MANAGER';

/** `name`: the host's, or the node's where it has no agent. */
export type ManagerSeen = { node: SeenNode; host: Host | null; name: string; state: ManagerState };

const stateOf = (node: SeenNode, host: Host | null): ManagerState => {
  if (host?.status !== 'CONNECTED' || !host.report) return 'AGENT_AWAY';
  const { swarm } = host.report;
  if (!swarm) return 'ENGINE_DOWN';
  if (swarm.localState === 'LOCKED') return 'LOCKED';
  if (swarm.nodeId !== node.id) return 'GONE';
  return swarm.controlAvailable ? 'UP' : 'NOT_MANAGER';
};

const seen = (nodes: readonly SeenNode[], hosts: Hosts): ManagerSeen[] =>
  nodes
    .map((node) => {
      const host = hosts.ofMember(node.id);
      return { node, host, name: host?.name ?? node.hostname, state: stateOf(node, host) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** Members of the raft group as it was read last. */
export const managersSeen = (cluster: Cluster, hosts: Hosts): ManagerSeen[] =>
  seen(
    [...cluster.nodes.values()].filter(({ managerStatus }) => managerStatus !== null),
    hosts,
  );

/** Listed as managers and in no raft group: of the time before a recovery. */
export const formerManagersSeen = (cluster: Cluster, hosts: Hosts): ManagerSeen[] =>
  seen(
    [...cluster.nodes.values()].filter((node) => isFormerManager(cluster, node)),
    hosts,
  );

/** Which of these can come back without losing anything: their engines have but to be started or unlocked. */
export const isRecoverable = ({ state }: ManagerSeen): boolean =>
  state === 'UP' || state === 'ENGINE_DOWN' || state === 'LOCKED';
