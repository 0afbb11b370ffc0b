// POST /swarm/init: a new swarm, or a new beginning of an old one (ForceNewCluster).
import { advertiseAddress, listenAddress } from './addresses.ts';
import { ApiError, TEXT } from './api-error.ts';
import { createCertificateAuthority } from './certificate-authority.ts';
import { changeRaft } from './effects.ts';
import { noteChange } from './election.ts';
import { goTime, newId, newTokenSecret, newUnlockKey } from './identifiers.ts';
import { type JsonObject, numberAt, objectAt, textAt, textsAt } from './json-fields.ts';
import { settleAllNodes } from './liveness.ts';
import {
  type Availability,
  type Cluster,
  canTalk,
  type Engine,
  type Membership,
  touch,
  type World,
} from './model.ts';
import { createIngress } from './network-routes.ts';
import { addNode } from './nodes.ts';
import { workingLeader } from './quorum.ts';
import { assertSwarmSpec, mergedSwarmSpec } from './swarm-spec.ts';

const INIT_MS = 500;
const FORCE_NEW_MS = 400;
const WORKERS_MOVE_MS = 5_000;

/** The availability of an init or join body, `active` where none is given. */
export const availabilityOf = (body: JsonObject): Availability => {
  const text = textAt(body, 'Availability');
  const availability = text.toLowerCase();
  if (availability === '') return 'active';
  if (availability === 'active' || availability === 'pause' || availability === 'drain') return availability;
  throw new ApiError(500, `invalid Availability: ${JSON.stringify(text)}`);
};

/** A fresh membership, before anything is known of it. */
export const newMembership = (cluster: Cluster, nodeId: string, listenAddr: string): Membership => ({
  state: 'active',
  nodeId,
  cluster,
  role: 'worker',
  controlAvailable: false,
  leaderLostAtMs: undefined,
  ledBefore: false,
  lockedWith: '',
  unlocking: false,
  stranded: false,
  superseded: false,
  listenAddr,
  handoverUntilMs: 0,
});

const dataPathPort = (body: JsonObject): number => {
  const port = numberAt(body, 'DataPathPort');
  if (port === 0) return 4789;
  if (port >= 1024 && port <= 49151) return port;
  throw new ApiError(500, `Datapath port number is not in valid range (1024-49151) : ${port}`);
};

const addressPool = (body: JsonObject): string[] => {
  const pools = textsAt(body, 'DefaultAddrPool');
  for (const pool of pools) {
    const [, bits] = /^\d+(?:\.\d+){3}\/(\d+)$/.exec(pool) ?? [];
    if (bits === undefined || Number(bits) > 32) {
      throw new ApiError(500, `invalid base pool ${pool}: invalid CIDR address: ${pool}`);
    }
  }
  return pools.length > 0 ? pools : ['10.0.0.0/8'];
};

const newCluster = (world: World, body: JsonObject): Cluster => {
  const at = goTime(world.nano());
  const spec = mergedSwarmSpec(objectAt(body, 'Spec'));
  // Either place will do: moby sets the one, then merges the other.
  const autolock =
    body.AutoLockManagers === true ||
    objectAt(objectAt(body, 'Spec'), 'EncryptionConfig').AutoLockManagers === true;
  if (autolock) spec.EncryptionConfig = { AutoLockManagers: true };
  return {
    id: newId(),
    createdAt: at,
    updatedAt: at,
    versionIndex: 10,
    index: 10,
    spec,
    secrets: { worker: newTokenSecret(), manager: newTokenSecret() },
    ca: createCertificateAuthority(),
    nextCa: undefined,
    cancelRotation: undefined,
    unlockKey: autolock ? newUnlockKey() : '',
    defaultAddrPool: addressPool(body),
    subnetSize: numberAt(body, 'SubnetSize') || 24,
    dataPathPort: dataPathPort(body),
    nodes: new Map(),
    services: new Map(),
    networks: new Map(),
    keptSecrets: new Map(),
    keptConfigs: new Map(),
    tasks: new Map(),
    members: new Set(),
    leader: undefined,
    cancelElection: undefined,
    writesWaitUntilMs: 0,
    secondMemberAtMs: Number.NEGATIVE_INFINITY,
    log: [],
    successor: undefined,
  };
};

const copyOf = (old: Cluster, nodeId: string): Cluster => ({
  ...old,
  nodes: new Map(
    [...old.nodes].map(([id, node]) => [
      id,
      { ...node, stateChange: undefined, cancelRoleChange: undefined },
    ]),
  ),
  services: new Map(old.services),
  networks: new Map(old.networks),
  keptSecrets: new Map(old.keptSecrets),
  keptConfigs: new Map(old.keptConfigs),
  tasks: new Map(old.tasks),
  members: new Set([nodeId]),
  leader: nodeId,
  cancelElection: undefined,
  cancelRotation: undefined,
  log: [],
  successor: undefined,
});

const moveWorkers = (world: World, old: Cluster, fresh: Cluster, leader: Engine): void => {
  for (const engine of world.engines) {
    const { membership } = engine;
    if (membership?.cluster !== old || membership.role !== 'worker' || !canTalk(engine, leader)) continue;
    membership.cluster = fresh;
  }
  settleAllNodes(world, fresh);
};

const forceNew = async (world: World, engine: Engine, membership: Membership): Promise<string> => {
  if (membership.role !== 'manager') throw new ApiError(503, TEXT.notManager);
  await world.clock.wait(FORCE_NEW_MS);
  const old = membership.cluster;
  const fresh = copyOf(old, membership.nodeId);
  old.successor = fresh;
  world.clusters.add(fresh);
  membership.cluster = fresh;
  membership.leaderLostAtMs = undefined;
  touch(world, fresh, fresh);
  noteChange(world, old);
  noteChange(world, fresh);
  settleAllNodes(world, fresh);
  world.clock.after(WORKERS_MOVE_MS, () => {
    if (!workingLeader(world, old) && membership.cluster === fresh) moveWorkers(world, old, fresh, engine);
  });
  return membership.nodeId;
};

/** @returns the node id */
export const initSwarm = async (world: World, engine: Engine, body: JsonObject): Promise<string> => {
  const force = body.ForceNewCluster === true;
  if (engine.pendingJoin || (engine.membership && !force)) throw new ApiError(503, TEXT.alreadyInSwarm);
  if (force && engine.membership && engine.membership.role !== 'manager')
    throw new ApiError(503, TEXT.notManager);
  const listenAddr = listenAddress(engine, textAt(body, 'ListenAddr'));
  const address = advertiseAddress(engine, textAt(body, 'AdvertiseAddr'));
  if (engine.membership) return forceNew(world, engine, engine.membership);
  assertSwarmSpec(objectAt(body, 'Spec'));
  const availability = availabilityOf(body);
  const cluster = newCluster(world, body);
  createIngress(world, cluster);
  const membership = newMembership(cluster, newId(), listenAddr);
  membership.role = 'manager';
  engine.membership = membership;
  await world.clock.wait(INIT_MS);
  world.clusters.add(cluster);
  changeRaft(world, cluster, membership.nodeId, 'enter');
  cluster.leader = membership.nodeId;
  membership.controlAvailable = true;
  const spec = { Labels: {}, Role: 'manager' as const, Availability: availability };
  addNode(world, cluster, engine, { id: membership.nodeId, address, spec });
  noteChange(world, cluster);
  touch(world, cluster, cluster);
  return membership.nodeId;
};
