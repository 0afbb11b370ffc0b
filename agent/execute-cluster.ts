// Carries out what a manager reads of its cluster, and the rotation of a join token.
import { createHash } from 'node:crypto';
import type { BodyOf } from './contract.ts';
import type { Engine } from './engine.ts';
import { afterWrite, CommandFailure } from './failure.ts';

const maximumAttempts = 8;

/** GET /swarm without its tokens, digests of them instead, and GET /nodes. */
export async function readCluster(engine: Engine): Promise<object> {
  const [{ JoinTokens: tokens, ...swarm }, nodes] = await Promise.all([engine.swarm(), engine.nodes()]);
  return {
    swarm,
    nodes,
    joinTokenDigests: { worker: digest(tokens.Worker), manager: digest(tokens.Manager) },
  };
}

/** The join token of a role and this manager's address, as `docker swarm join-token` prints them. */
export async function readJoinToken(engine: Engine, body: BodyOf<'ReadJoinToken'>): Promise<object> {
  const [swarm, info] = await Promise.all([engine.swarm(), engine.info()]);
  const self = await engine.node(info.Swarm.NodeID ?? '');
  const address = self.ManagerStatus?.Addr;
  if (!address) throw new CommandFailure('FAILED', 'NOT_IN_RAFT_YET', 'this manager has no address yet');
  return { token: tokenOf(swarm, body.role), address };
}

/** GET /swarm/unlockkey. */
export async function readUnlockKey(engine: Engine): Promise<object> {
  return { unlockKey: (await engine.unlockKey()).UnlockKey ?? '' };
}

/**
 * POST /swarm/update with the spec just read, whole: the engine wipes what is left out. «Out of sequence» rotated
 * nothing and is tried again, at most 8 times. Answers the digest of the new token.
 */
export async function rotateJoinToken(engine: Engine, { role }: BodyOf<'RotateJoinToken'>): Promise<object> {
  const rotate: Record<string, string> =
    role === 'worker' ? { rotateWorkerToken: 'true' } : { rotateManagerToken: 'true' };
  for (let attempts = 1; ; attempts++) {
    const before = await engine.swarm();
    try {
      await engine.updateSwarm(before.Version.Index, before.Spec, rotate);
      return await afterWrite(async () => ({ digest: digest(tokenOf(await engine.swarm(), role)) }));
    } catch (error) {
      const isStale =
        error instanceof CommandFailure && error.code === 'OUT_OF_SEQUENCE' && error.outcome === 'FAILED';
      if (!isStale || attempts === maximumAttempts) throw error;
    }
  }
}

function tokenOf({ JoinTokens }: Awaited<ReturnType<Engine['swarm']>>, role: 'worker' | 'manager'): string {
  return role === 'worker' ? JoinTokens.Worker : JoinTokens.Manager;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
