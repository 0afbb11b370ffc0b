// Carries out what changes this host's own membership: init, join, leave, unlock.
import { setTimeout as delay } from 'node:timers/promises';
import type { BodyOf } from './contract.ts';
import type { Engine } from './engine.ts';
import type { EngineInfo } from './engine-shapes.ts';
import { afterWrite, CommandFailure } from './failure.ts';

const settleIntervalMs = 100;
const settleAttempts = 100;

/** POST /swarm/init. Answers the ids of the new node and cluster, once /info shows both. */
export async function initSwarm(engine: Engine, body: BodyOf<'InitSwarm'>): Promise<object> {
  await requireNoSwarm(engine);
  const nodeId = await engine.initSwarm({
    ListenAddr: body.listenAddr,
    AdvertiseAddr: body.advertiseAddr,
    DataPathAddr: body.dataPathAddr ?? undefined,
    DataPathPort: body.dataPathPort ?? undefined,
    DefaultAddrPool: body.defaultAddrPool ?? undefined,
    SubnetSize: body.subnetSize ?? undefined,
    ForceNewCluster: false,
    Spec: { EncryptionConfig: { AutoLockManagers: body.autolock } },
  });
  const clusterId = await settled(engine, (info) => info.Swarm.Cluster?.ID);
  return { nodeId, clusterId };
}

/** POST /swarm/join. The engine's answer names no node: it is read from /info. */
export async function joinSwarm(engine: Engine, body: BodyOf<'JoinSwarm'>): Promise<object> {
  await requireNoSwarm(engine);
  await engine.joinSwarm({
    ListenAddr: body.listenAddr,
    AdvertiseAddr: body.joinAdvertiseAddr ?? undefined,
    DataPathAddr: body.dataPathAddr ?? undefined,
    RemoteAddrs: body.remoteAddrs,
    JoinToken: body.token,
    Availability: body.availability,
  });
  return { nodeId: await settled(engine, (info) => info.Swarm.NodeID) };
}

/** POST /swarm/leave, of the membership named and no other. A pending or locked host has no node id: the empty one. */
export async function leaveSwarm(engine: Engine, body: BodyOf<'LeaveSwarm'>): Promise<object> {
  const { Swarm: swarm } = await engine.info();
  if (swarm.LocalNodeState === 'inactive') return { left: true };
  if ((swarm.NodeID ?? '') !== body.nodeId) {
    throw new CommandFailure(
      'REFUSED',
      'NOT_IN_SWARM',
      `the host is node «${swarm.NodeID ?? ''}», not «${body.nodeId}»`,
    );
  }
  try {
    await engine.leaveSwarm(body.force);
  } catch (error) {
    if (!(error instanceof CommandFailure && error.code === 'NOT_IN_SWARM')) throw error;
  }
  return { left: true };
}

/**
 * POST /swarm/init with ForceNewCluster: this manager alone goes on, with the swarm's id, tokens and labels. The engine
 * would do so to a healthy swarm too; one that sees a leader is refused here. It stops its node before it looks at the
 * addresses, so they are always given. https://docs.docker.com/engine/swarm/admin_guide/#recover-from-losing-the-quorum
 */
export async function recoverSwarm(engine: Engine, body: BodyOf<'RecoverSwarm'>): Promise<object> {
  const { Swarm: swarm } = await engine.info();
  if (swarm.NodeID !== body.nodeId) {
    throw new CommandFailure(
      'REFUSED',
      'NOT_IN_SWARM',
      `the host is node «${swarm.NodeID ?? ''}», not «${body.nodeId}»`,
    );
  }
  if (!swarm.ControlAvailable) {
    throw new CommandFailure('FAILED', 'NOT_MANAGER', 'the host does not act as a manager');
  }
  if (!swarm.Error) throw new CommandFailure('FAILED', 'HAS_QUORUM', 'the engine sees a leader');
  const nodeId = await engine.recoverSwarm({
    ListenAddr: body.listenAddr,
    AdvertiseAddr: body.advertiseAddr,
    DataPathAddr: body.dataPathAddr ?? undefined,
  });
  return { nodeId };
}

/** POST /swarm/unlock. An engine that is not locked, or no longer: nothing is sent to it. */
export async function unlockSwarm(engine: Engine, { unlockKey }: BodyOf<'UnlockSwarm'>): Promise<object> {
  const { LocalNodeState: state } = (await engine.info()).Swarm;
  if (state !== 'locked') return { unlocked: false };
  await engine.unlockSwarm(unlockKey);
  return { unlocked: true };
}

async function requireNoSwarm(engine: Engine): Promise<void> {
  const { LocalNodeState: state } = (await engine.info()).Swarm;
  if (state === 'inactive') return;
  throw state === 'pending'
    ? new CommandFailure('FAILED', 'JOIN_PENDING', 'an earlier join goes on by itself: leave before another')
    : state === 'locked'
      ? new CommandFailure('FAILED', 'SWARM_LOCKED', 'the host is a manager that waits for its unlock key')
      : new CommandFailure('FAILED', 'ALREADY_IN_SWARM', `the host is in a swarm already (${state})`);
}

async function settled(
  engine: Engine,
  find: (info: EngineInfo) => string | null | undefined,
): Promise<string> {
  return await afterWrite(async () => {
    for (let attempt = 0; attempt < settleAttempts; attempt++) {
      const found = find(await engine.info());
      if (found) return found;
      await delay(settleIntervalMs);
    }
    throw new CommandFailure('UNKNOWN', 'ENGINE_BAD_ANSWER', 'the engine said yes but shows no membership');
  });
}
