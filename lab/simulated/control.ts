// The gate before every cluster call: is this engine a manager, has it a leader, and how long does the call wait.
import { ApiError, grpcError, TEXT } from './api-error.ts';
import { STEP_DOWN_MS } from './election.ts';
import type { Cluster, Engine, World } from './model.ts';
import { seesLeader } from './quorum.ts';

/** moby's limit for one request to swarmkit. */
const CALL_LIMIT_MS = 20_000;

const nextChange = (world: World, withinMs: number): Promise<void> =>
  new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      world.waiters.delete(wake);
      resolve();
    };
    const cancel = world.clock.after(withinMs, wake);
    world.waiters.add(wake);
  });

const closedSocket = (engine: Engine): ApiError => {
  const colon = engine.profile.strictBody ? ':' : '';
  return grpcError(
    'Unavailable',
    `connection error: desc = "transport: Error while dialing${colon} dial unix /run/docker/swarm/control.sock: connect: no such file or directory"`,
  );
};

/**
 * The swarm state that this engine may read or write as a manager.
 * @throws ApiError 503 when the engine is no usable manager; 500 when there is no leader: at first after 20 s of
 *   waiting (DeadlineExceeded), later at once
 */
export const control = async (world: World, engine: Engine, access: 'read' | 'write'): Promise<Cluster> => {
  const { epoch } = engine;
  const limitMs = world.clock.nowMs() + CALL_LIMIT_MS;
  for (;;) {
    if (engine.epoch !== epoch) throw new ApiError(500, 'the engine was stopped');
    const { membership } = engine;
    if (!membership) throw new ApiError(503, TEXT.notInSwarm);
    if (membership.state === 'locked') throw new ApiError(503, TEXT.locked);
    if (membership.stranded) throw grpcError('Unknown', TEXT.noLeader);
    if (!membership.controlAvailable) {
      throw new ApiError(503, membership.role === 'manager' ? TEXT.beingPrepared : TEXT.notManager);
    }
    const { cluster } = membership;
    const now = world.clock.nowMs();
    if (now < membership.handoverUntilMs) throw closedSocket(engine);
    const waitMs = access === 'write' ? cluster.writesWaitUntilMs - now : 0;
    if (seesLeader(world, cluster, engine) && waitMs <= 0) return cluster;
    const lostForMs = now - (membership.leaderLostAtMs ?? now);
    const graceMs = membership.ledBefore ? STEP_DOWN_MS : 0;
    if (access === 'read' && lostForMs < graceMs) return cluster;
    if (lostForMs > graceMs + CALL_LIMIT_MS) throw grpcError('Unknown', TEXT.noLeader);
    if (now >= limitMs) throw grpcError('DeadlineExceeded', 'context deadline exceeded');
    await nextChange(world, Math.max(1, Math.min(limitMs - now, waitMs > 0 ? waitMs : CALL_LIMIT_MS)));
  }
};
