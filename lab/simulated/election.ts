// Elections: when one begins, who wins, and what every manager notices of it.
import { settleAllNodes } from './liveness.ts';
import { type Cluster, canTalk, engineOf, type World } from './model.ts';
import { hasMajority, memberEngine, seesLeader, workingLeader } from './quorum.ts';

/** Model durations, as measured (the real ones vary: 10 to 27 s after a crash). */
const ELECTION_MS = { stopped: 10_000, silent: 20_000, again: 300 };

/** How long a leader without a majority still believes in itself, and answers reads. */
export const STEP_DOWN_MS = 15_000;

const elect = (world: World, cluster: Cluster, except?: string): void => {
  cluster.cancelElection = undefined;
  if (cluster.leader !== except && workingLeader(world, cluster)) return;
  const candidate = [...cluster.members].find((nodeId) => {
    const engine = memberEngine(world, cluster, nodeId);
    return nodeId !== except && engine && canTalk(engine, engine) && hasMajority(world, cluster, engine);
  });
  if (candidate === undefined) return;
  cluster.leader = candidate;
  world.log('leader elected', { cluster: cluster.id, node: candidate });
  noteChange(world, cluster);
  settleAllNodes(world, cluster);
};

/** Passes the lead on before a node leaves the raft group; nothing when it does not lead. */
export const passLead = (world: World, cluster: Cluster, from: string): void => {
  if (cluster.leader === from) elect(world, cluster, from);
};

const leaderlessForMs = (world: World, cluster: Cluster): number => {
  const now = world.clock.nowMs();
  const lost = [...cluster.members].map(
    (id) => memberEngine(world, cluster, id)?.membership?.leaderLostAtMs ?? now,
  );
  return now - Math.min(now, ...lost);
};

/**
 * To be called after every change of who runs, who can talk to whom and who is a member: begins or calls off an
 * election, notes on each manager since when it has had no leader, wakes the calls that wait for one.
 */
export const noteChange = (world: World, cluster: Cluster): void => {
  const now = world.clock.nowMs();
  if (workingLeader(world, cluster)) {
    cluster.cancelElection?.();
    cluster.cancelElection = undefined;
  } else if (!cluster.cancelElection && cluster.leader !== undefined) {
    const old = engineOf(world, cluster, cluster.leader);
    const silent = old !== undefined && old.process !== 'stopped';
    const firstMs = silent ? ELECTION_MS.silent : ELECTION_MS.stopped;
    const delayMs = leaderlessForMs(world, cluster) > STEP_DOWN_MS ? ELECTION_MS.again : firstMs;
    cluster.cancelElection = world.clock.after(delayMs, () => elect(world, cluster));
  }
  for (const nodeId of cluster.members) {
    const engine = memberEngine(world, cluster, nodeId);
    if (!engine?.membership) continue;
    if (seesLeader(world, cluster, engine)) {
      engine.membership.leaderLostAtMs = undefined;
    } else if (engine.membership.leaderLostAtMs === undefined) {
      engine.membership.leaderLostAtMs = now;
      engine.membership.ledBefore = cluster.leader === nodeId;
    }
  }
  for (const wake of [...world.waiters]) wake();
};
