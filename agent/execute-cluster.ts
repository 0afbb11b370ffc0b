// Carries out what a manager reads of its cluster, and the rotation of a join token.
import { createHash } from 'node:crypto';
import type { BodyOf } from './contract.ts';
import type { Engine } from './engine.ts';
import { afterWrite, CommandFailure } from './failure.ts';
import { type EngineSwarm, isAutolocked, writeSwarm } from './write-swarm.ts';

/** GET /swarm without its tokens, digests of them and of the unlock key instead, and GET /nodes. */
export async function readCluster(engine: Engine) {
  const [[{ JoinTokens: tokens, ...swarm }, unlockKeyDigest], nodes] = await Promise.all([
    swarmAndKey(engine),
    engine.nodes(),
  ]);
  return {
    swarm,
    nodes,
    joinTokenDigests: { worker: digest(tokens.Worker), manager: digest(tokens.Manager) },
    unlockKeyDigest,
  };
}

/** GET /swarm, and then the digest of the unlock key where autolock is on: never a key newer than the spec says. */
async function swarmAndKey(engine: Engine) {
  const swarm = await engine.swarm();
  return [swarm, isAutolocked(swarm.Spec) ? await readUnlockKeyDigest(engine) : null] as const;
}

/** SHA-256, hex, of the unlock key, 32 random bytes: tells two keys apart, finds none. Null with autolock off. */
export async function readUnlockKeyDigest(engine: Engine): Promise<string | null> {
  const { UnlockKey: key } = await engine.unlockKey();
  return key ? digest(key) : null;
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

/** Writes the spec as it is, with the flag that rotates. Answers the digest of the new token. */
export async function rotateJoinToken(engine: Engine, { role }: BodyOf<'RotateJoinToken'>): Promise<object> {
  const rotate: Record<string, string> =
    role === 'worker' ? { rotateWorkerToken: 'true' } : { rotateManagerToken: 'true' };
  let before = '';
  await writeSwarm(engine, (swarm) => {
    before = tokenOf(swarm, role);
    return { spec: swarm.Spec, rotate };
  });
  return await afterWrite(async () => {
    const after = tokenOf(await engine.swarm(), role);
    // A yes that changed nothing is no yes: whoever asked for this may fear that the old one is known.
    if (after === before)
      throw new CommandFailure('UNKNOWN', 'ENGINE_BAD_ANSWER', 'the engine said yes and shows the old token');
    return { digest: digest(after) };
  });
}

function tokenOf({ JoinTokens }: EngineSwarm, role: 'worker' | 'manager'): string {
  return role === 'worker' ? JoinTokens.Worker : JoinTokens.Manager;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
