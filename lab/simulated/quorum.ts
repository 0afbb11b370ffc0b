// Who leads and who has a majority behind it, as a question to the world as it stands.
import { type Cluster, canTalk, type Engine, engineOf, type World } from './model.ts';

/** The engine of a raft member that takes part: it runs as a manager and is not locked. */
export const memberEngine = (world: World, cluster: Cluster, nodeId: string): Engine | undefined => {
  const engine = engineOf(world, cluster, nodeId);
  return engine?.membership?.state === 'active' && engine.membership.role === 'manager' ? engine : undefined;
};

/** True when this engine and the raft members that it hears are more than half of all. */
export const hasMajority = (world: World, cluster: Cluster, viewer: Engine): boolean => {
  let heard = 0;
  for (const nodeId of cluster.members) {
    const engine = memberEngine(world, cluster, nodeId);
    if (engine && canTalk(viewer, engine)) heard += 1;
  }
  return heard * 2 > cluster.members.size;
};

/** The engine that leads with a majority behind it. */
export const workingLeader = (world: World, cluster: Cluster): Engine | undefined => {
  const leader = cluster.leader === undefined ? undefined : memberEngine(world, cluster, cluster.leader);
  return leader && canTalk(leader, leader) && hasMajority(world, cluster, leader) ? leader : undefined;
};

/** True when this engine reaches a working leader. */
export const seesLeader = (world: World, cluster: Cluster, viewer: Engine): boolean => {
  const leader = workingLeader(world, cluster);
  return leader !== undefined && canTalk(viewer, leader);
};
