// What happens to a machine: its engine is killed, frozen, started, its cable pulled. And what the swarm makes of it.
import { noteChange } from './election.ts';
import { replayLog } from './events.ts';
import { objectAt } from './json-fields.ts';
import { settleNode } from './liveness.ts';
import type { Engine, Membership, World } from './model.ts';
import { seesLeader, workingLeader } from './quorum.ts';
import { becomeWorker, promote } from './roles.ts';

/** Model time until a node speaks again, and until the leader counts a manager as reachable again. */
const BACK_MS = {
  start: { ready: 600, reachable: 4_700 },
  resume: { ready: 70, reachable: 400 },
  heal: { ready: 1_000, reachable: 20_000 },
};
const LEARN_DEMOTION_MS = 1_000;

/** Tells the swarm that this machine may have fallen silent. */
export const settleSilence = (world: World, membership: Membership): void => {
  const { cluster, nodeId } = membership;
  noteChange(world, cluster);
  const node = cluster.nodes.get(nodeId);
  if (node) settleNode(world, cluster, node, 0);
};

const moveToSuccessor = (world: World, membership: Membership): void => {
  const { successor } = membership.cluster;
  if (!successor || workingLeader(world, membership.cluster) || !workingLeader(world, successor)) return;
  membership.cluster = successor;
  membership.superseded ||= membership.role === 'manager';
  membership.role = 'worker';
  membership.controlAvailable = false;
};

/** Tells the swarm that this machine is back, and the machine what it missed. */
export const settleReturn = (world: World, engine: Engine, how: keyof typeof BACK_MS): void => {
  const { membership } = engine;
  if (!membership) return;
  engine.reachableFromMs = world.clock.nowMs() + BACK_MS[how].reachable;
  moveToSuccessor(world, membership);
  const { cluster, nodeId } = membership;
  noteChange(world, cluster);
  const node = cluster.nodes.get(nodeId);
  if (!node) {
    membership.stranded = membership.role === 'manager' && !cluster.members.has(nodeId);
    return;
  }
  settleNode(world, cluster, node, BACK_MS[how].ready);
  // The daemon reads the tail of its raft log again and tells it as if it were news.
  if (how === 'start' && membership.controlAvailable) replayLog(cluster, engine);
  if (!seesLeader(world, cluster, engine)) return;
  if (node.spec.Role === 'worker' && membership.role === 'manager') {
    becomeWorker(world, cluster, node, LEARN_DEMOTION_MS);
  }
  if (node.spec.Role === 'manager' && !cluster.members.has(nodeId) && !membership.superseded)
    promote(world, cluster, node);
};

/** True when the engine needs the unlock key after its next start. */
export const locksAtStart = (membership: Membership): boolean =>
  membership.role === 'manager' &&
  objectAt(membership.cluster.spec, 'EncryptionConfig').AutoLockManagers === true;
