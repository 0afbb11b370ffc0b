// POST /swarm/leave and the unlocking of a manager.
import { ApiError, TEXT } from './api-error.ts';
import { control } from './control.ts';
import { noteEffect, quorumAround } from './effects.ts';
import { type JsonObject, textAt } from './json-fields.ts';
import { settleReturn, settleSilence } from './machine.ts';
import { type Cluster, type Engine, engineOf, type World } from './model.ts';
import { isReachable } from './nodes.ts';
import { seesLeader } from './quorum.ts';

const WORKER_MS = 900;
const MANAGER_MS = 400;
const PENDING_MS = 3;
const UNLOCK_MS = 1_000;
const LEADER_POLL_MS = 100;

const FORCE_HINT =
  'The only way to restore a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`. Use `--force` to suppress this message.';

/** What moby says to a manager that wants to leave (daemon/cluster/swarm.go). */
const managerRefusal = (world: World, engine: Engine, cluster: Cluster, nodeId: string): ApiError => {
  const start = 'You are attempting to leave the swarm on a node that is participating as a manager. ';
  // Without a leader the managers cannot be counted, and the engine says nothing of them.
  if (!seesLeader(world, cluster, engine) || !cluster.members.has(nodeId))
    return new ApiError(503, start + FORCE_HINT);
  const all = cluster.members.size;
  const reachable = [...cluster.members].filter((id) => isReachable(world, cluster, id)).length;
  if (reachable - 1 > all / 2) return new ApiError(503, start + FORCE_HINT);
  if (all === 1) {
    return new ApiError(
      503,
      `${start}Removing the last manager erases all current state of the swarm. Use \`--force\` to ignore this message. `,
    );
  }
  return new ApiError(
    503,
    `${start}Removing this node leaves ${reachable - 1} managers out of ${all}. Without a Raft quorum your swarm will be inaccessible. ${FORCE_HINT}`,
  );
};

/** @throws ApiError 503 when the engine is in no swarm, or a manager or locked and `force` is not given */
export const leaveSwarm = async (world: World, engine: Engine, force: boolean): Promise<void> => {
  if (engine.pendingJoin) {
    engine.pendingJoin.stop();
    return world.clock.wait(PENDING_MS);
  }
  const { membership } = engine;
  if (!membership) throw new ApiError(503, TEXT.notPartOfSwarm);
  if (membership.state === 'locked' && !force) throw new ApiError(503, TEXT.leaveLocked);
  if (membership.role === 'manager' && !force) {
    throw managerRefusal(world, engine, membership.cluster, membership.nodeId);
  }
  await world.clock.wait(membership.role === 'manager' ? MANAGER_MS : WORKER_MS);
  if (engine.membership !== membership) return;
  const quorum = quorumAround(world, membership.cluster, () => {
    engine.membership = undefined;
  });
  const about = { through: engine.hostname, cluster: membership.cluster.id, subject: membership.nodeId };
  noteEffect(world, { ...about, path: 'left', old: false, new: true, quorum });
  engine.changedAtMs = world.clock.nowMs();
  // The last member of a swarm takes all of it away.
  if (![...membership.cluster.nodes.keys()].some((id) => engineOf(world, membership.cluster, id))) {
    world.clusters.delete(membership.cluster);
  }
  settleSilence(world, membership);
};

/** GET /swarm/unlockkey. */
export const unlockKey = async (world: World, engine: Engine): Promise<string> =>
  (await control(world, engine, 'read')).unlockKey;

/** @throws ApiError 409 when not locked, 400 for a malformed key, 401 for a wrong one, 503 outside of a swarm */
export const unlockSwarm = async (world: World, engine: Engine, body: JsonObject): Promise<void> => {
  const { membership } = engine;
  if (!membership) throw new ApiError(503, TEXT.notInSwarm);
  if (membership.role === 'worker') throw new ApiError(503, TEXT.notManager);
  if (membership.state !== 'locked') throw new ApiError(409, 'swarm is not locked');
  const key = textAt(body, 'UnlockKey');
  if (!/^SWMKEY-1-[A-Za-z0-9+/]{43}$/.test(key)) throw new ApiError(400, 'invalid key string');
  await world.clock.wait(UNLOCK_MS);
  if (key !== membership.lockedWith) {
    throw new ApiError(401, 'swarm could not be unlocked: invalid key provided');
  }
  membership.state = 'active';
  membership.controlAvailable = true;
  membership.unlocking = true;
  settleReturn(world, engine, 'resume');
  // The answer comes when there is a leader, however long that takes; until then the engine is pending.
  while (
    membership.state === 'active' &&
    engine.membership === membership &&
    !seesLeader(world, membership.cluster, engine)
  )
    await world.clock.wait(LEADER_POLL_MS);
  membership.unlocking = false;
};
