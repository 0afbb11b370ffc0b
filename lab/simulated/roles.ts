// Promotion and demotion: the steps between the wish (Spec.Role) and the raft group, with their measured pace.
import { grpcError } from './api-error.ts';
import { changeRaft } from './effects.ts';
import { noteChange, passLead } from './election.ts';
import { replayLog } from './events.ts';
import { type Cluster, type Engine, engineOf, type Membership, type SwarmNode, type World } from './model.ts';
import { isReachable, writeNode } from './nodes.ts';
import { seesLeader } from './quorum.ts';

const OBSERVED_MS = 7;
const RAFT_JOIN_MS = 550;
const CONTROL_MS = 480;
const DEMOTED_MS = 20;
/** An engine that does not become a manager tries again. */
const RETRY_MS = 1_000;
/** The old leader's control socket is gone for a moment, then it forwards calls for a while. */
const HANDOVER_MS = 300;
const OLD_LEADER_FORWARDS_MS = 5_000;
/** A node that was demoted this short a time ago becomes a manager only `SLOW_AGAIN_MS` after that demotion. */
const SLOW_WINDOW_MS = 8_000;
const SLOW_AGAIN_MS = 32_000;
/** A write within this time after the second manager joined waits until the raft group of two has settled. */
const SECOND_MEMBER_WINDOW_MS = 500;
const SECOND_MEMBER_WAIT_MS = 5_000;

/** Opens the manager's own socket to cluster calls; its event stream begins with what the raft log holds. */
const openControl = (cluster: Cluster, engine: Engine, membership: Membership): void => {
  membership.controlAvailable = true;
  replayLog(cluster, engine);
};

const addMember = (world: World, cluster: Cluster, node: SwarmNode, membership: Membership): void => {
  membership.role = 'manager';
  changeRaft(world, cluster, node.id, 'enter');
  if (cluster.members.size === 2) cluster.secondMemberAtMs = world.clock.nowMs();
};

/** Takes a node that joined with the manager's token into the raft group: its socket is open at once. */
export const joinRaft = (world: World, cluster: Cluster, node: SwarmNode): void => {
  const engine = engineOf(world, cluster, node.id);
  if (!engine?.membership) return;
  addMember(world, cluster, node, engine.membership);
  openControl(cluster, engine, engine.membership);
  noteChange(world, cluster);
};

/** Takes a promoted node into the raft group: at once the leader counts it, its own socket follows a moment later. */
const enterRaft = (world: World, cluster: Cluster, node: SwarmNode): void => {
  const membership = engineOf(world, cluster, node.id)?.membership;
  if (!membership) return;
  addMember(world, cluster, node, membership);
  writeNode(world, cluster, node);
  writeNode(world, cluster, node);
  noteChange(world, cluster);
  world.clock.after(CONTROL_MS, () => {
    const engine = engineOf(world, cluster, node.id);
    if (engine?.membership === membership && membership.role === 'manager')
      openControl(cluster, engine, membership);
  });
};

/** To be called before a write: the first one right after 1 → 2 managers blocks for some seconds. */
export const noteWrite = (world: World, cluster: Cluster): void => {
  const now = world.clock.nowMs();
  if (now - cluster.secondMemberAtMs < SECOND_MEMBER_WINDOW_MS && cluster.writesWaitUntilMs < now) {
    cluster.writesWaitUntilMs = cluster.secondMemberAtMs + SECOND_MEMBER_WAIT_MS;
  }
};

const hasWayIn = (cluster: Cluster, engine: Engine): boolean =>
  engine.onlyWayIn === undefined ||
  [...cluster.members].some((id) => cluster.nodes.get(id)?.address === engine.onlyWayIn);

const noWayIn = ({ onlyWayIn }: Engine): string =>
  `manager stopped: can't initialize raft node: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing dial tcp ${onlyWayIn}:2377: connect: connection refused"`;

/** Carries out a promotion that was written; a node that is not there is taken in when it comes back. */
export const promote = (world: World, cluster: Cluster, node: SwarmNode): void => {
  const sinceDemotionMs = world.clock.nowMs() - node.demotedAtMs;
  const joinMs = sinceDemotionMs < SLOW_WINDOW_MS ? SLOW_AGAIN_MS - sinceDemotionMs : RAFT_JOIN_MS;
  node.cancelRoleChange?.();
  const cancelObserved = world.clock.after(OBSERVED_MS, () => {
    if (node.observedRole === 'manager') return;
    node.observedRole = 'manager';
    writeNode(world, cluster, node, { 'role.new': 'manager', 'role.old': 'worker' });
  });
  let cancelJoin = (): void => {};
  const join = (): void => {
    node.cancelRoleChange = undefined;
    const engine = engineOf(world, cluster, node.id);
    if (node.spec.Role !== 'manager' || !engine || !seesLeader(world, cluster, engine)) return;
    if (!hasWayIn(cluster, engine)) {
      engine.startError = noWayIn(engine);
      cancelJoin = world.clock.after(RETRY_MS, join);
      return;
    }
    engine.startError = '';
    enterRaft(world, cluster, node);
  };
  cancelJoin = world.clock.after(joinMs, join);
  node.cancelRoleChange = () => {
    cancelObserved();
    cancelJoin();
  };
};

/**
 * The rules before a demotion, in swarmkit's order (manager/controlapi/node.go).
 * @throws ApiError 400 for the last manager or a loss of quorum, 404 for a manager that is not in the raft group yet
 */
export const assertDemotable = (world: World, cluster: Cluster, node: SwarmNode): void => {
  const managers = [...cluster.nodes.values()].filter((other) => other.spec.Role === 'manager');
  if (managers.length === 1) {
    throw grpcError('FailedPrecondition', 'attempting to demote the last manager of the swarm');
  }
  if (!cluster.members.has(node.id)) throw grpcError('NotFound', "can't find manager in raft memberlist");
  const reachable = [...cluster.members].filter((id) => id !== node.id && isReachable(world, cluster, id));
  if (reachable.length < Math.floor((cluster.members.size - 1) / 2) + 1) {
    throw grpcError(
      'FailedPrecondition',
      "can't remove member from the raft: this would result in a loss of quorum",
    );
  }
};

/** What a demoted node's own engine does once it has heard of it. */
export const becomeWorker = (world: World, cluster: Cluster, node: SwarmNode, afterMs: number): void => {
  const membership = engineOf(world, cluster, node.id)?.membership;
  if (!membership) return;
  membership.role = 'worker';
  membership.handoverUntilMs = afterMs > 0 ? world.clock.nowMs() + HANDOVER_MS : 0;
  world.clock.after(afterMs, () => {
    if (membership.role === 'worker') membership.controlAvailable = false;
  });
};

/** Carries out a demotion that was written. */
export const demote = (world: World, cluster: Cluster, node: SwarmNode): void => {
  node.demotedAtMs = world.clock.nowMs();
  node.cancelRoleChange?.();
  const putOffMs = engineOf(world, cluster, node.id)?.putOffMs ?? 0;
  node.cancelRoleChange = world.clock.after(DEMOTED_MS + putOffMs, () => {
    node.cancelRoleChange = undefined;
    const led = cluster.leader === node.id;
    writeNode(world, cluster, node);
    writeNode(world, cluster, node);
    passLead(world, cluster, node.id);
    changeRaft(world, cluster, node.id, 'leave');
    const engine = engineOf(world, cluster, node.id);
    if (engine && seesLeader(world, cluster, engine))
      becomeWorker(world, cluster, node, led ? OLD_LEADER_FORWARDS_MS : 0);
    noteChange(world, cluster);
    node.observedRole = 'worker';
    writeNode(world, cluster, node, { 'role.new': 'worker', 'role.old': 'manager' });
  });
};
