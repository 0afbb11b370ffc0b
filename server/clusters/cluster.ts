// What is known of a cluster, and what events tell of it.
import type { NodeObservation, SwarmObservation } from './observation.ts';
import { type Quorum, quorumNow } from './quorum.ts';
import { isAutolocked } from './settings.ts';

export const clusterStates = [
  'DISCOVERED',
  'HEALTHY',
  'AT_RISK',
  'NO_LEADER',
  'QUORUM_LOST',
  'UNREACHABLE',
  'SPLIT',
  'DISSOLVED',
] as const;
export type ClusterState = (typeof clusterStates)[number];
export type TokenRole = 'WORKER' | 'MANAGER';
/** `seenAt`: since when it is the one that it is, as far as was seen; null: it has not changed since this is kept. */
export type SecretTimes = { rotatedAt: Date | null; revealedAt: Date | null; seenAt: Date | null };

/** The newest rotation of the root CA that Skep began: the digest that is pinned follows it to its end. */
export type CaRotation = {
  /** Whose it is. */
  operationId: string;
  /** Digest of the root before it. */
  from: string;
  /** `CAConfig.ForceRotate` of the spec that began it. */
  forceRotate: number;
  /** Public key of the new root, base64 of SPKI DER, as managers announced it; null: not seen yet. */
  issuer: string | null;
  /** Digest of the root after it; null: it has not ended. The one before it: somebody took it back. */
  to: string | null;
};

/** A node as it was seen last. */
export type SeenNode = NodeObservation & {
  /** It came while a join was open: ours or not is not known yet. */
  unexplained: boolean;
  /** When the managers last wrote it as it became Down, or before it was first seen Down; null: it is not Down. */
  downSince: string | null;
  /** The host that it is, or was last known to be: a host that joins again is another node. */
  hostId: string | null;
};

/**
 * Why the newest read failed; null: it did not. `since`: of the first failure in a row. `leaderlessSince`: when managers
 * first said that they have no leader; null: none of them said so, or nobody was there to ask since.
 */
export type Trouble = {
  code: string;
  message: string;
  since: Date;
  leaderlessSince: Date | null;
  quorumLost: boolean;
} | null;

/** One of two live swarms with the same id. */
export type Side = {
  /** Node id of its leader. */
  leader: string;
  /** Node ids of its raft group. */
  managers: readonly string[];
  /** The hosts whose engines answer for it. */
  hosts: readonly string[];
};
/** `since`: when it was recognised, ISO 8601. The first side is the one that is read. */
export type Split = { since: string; sides: readonly Side[] };

export type Cluster = {
  id: string;
  name: string;
  /** Null: discovered, read-only. */
  adoptedAt: Date | null;
  /** The root certificate's digest, pinned. */
  caDigest: string | null;
  dissolvedAt: Date | null;
  createdAt: Date;
  /** When the read began that everything below is of; null: never read. */
  observedAt: Date | null;
  swarm: SwarmObservation | null;
  tokens: Record<TokenRole, SecretTimes>;
  unlockKey: SecretTimes;
  caRotation: CaRotation | null;
  nodes: ReadonlyMap<string, SeenNode>;
  /** The host whose agent answered last. */
  watchedThrough: string | null;
  trouble: Trouble;
  /** Node ids of those that were managers before recoverCluster; they stay until they are gone or managers again. */
  formerManagers: readonly string[];
  /** Null: one swarm has this id, as far as is known. */
  split: Split | null;
};

/** An election takes up to 27 seconds (measured); no leader for longer is a lost quorum. */
const electionMs = 30_000;

/** Nobody was there to ask: an election may have begun meanwhile. */
const nobodyThere: ReadonlySet<string> = new Set(['CLUSTER_UNREACHABLE', 'SWARM_LOCKED']);

/** What is known of the trouble after one more failed read. */
export const troubleAfter = (
  before: Trouble,
  { code, message }: { code: string; message: string },
  now: Date,
): NonNullable<Trouble> => {
  const earlier = nobodyThere.has(code) ? null : (before?.leaderlessSince ?? null);
  const leaderlessSince = earlier ?? (code === 'NO_LEADER' ? now : null);
  return {
    code,
    message,
    since: before?.since ?? now,
    leaderlessSince,
    quorumLost:
      code === 'NO_LEADER' &&
      leaderlessSince !== null &&
      now.getTime() - leaderlessSince.getTime() > electionMs,
  };
};

export const quorumOfCluster = (cluster: Cluster): Quorum =>
  quorumNow([...cluster.nodes.values()].filter((node) => !isFormerManager(cluster, node)));

export const stateOf = (cluster: Cluster): ClusterState => {
  if (cluster.dissolvedAt) return 'DISSOLVED';
  if (cluster.split) return 'SPLIT';
  if (cluster.trouble?.code === 'NO_LEADER') return cluster.trouble.quorumLost ? 'QUORUM_LOST' : 'NO_LEADER';
  if (cluster.trouble) return 'UNREACHABLE';
  if (!cluster.adoptedAt) return 'DISCOVERED';
  return quorumOfCluster(cluster).tolerates > 0 ? 'HEALTHY' : 'AT_RISK';
};

/**
 * Listed as a manager and in no raft group, of the time before the cluster was begun anew. A promotion that was asked for
 * a moment ago looks the same for half a second, but its node is Ready.
 */
export const isFormerManager = (
  { formerManagers }: Pick<Cluster, 'formerManagers'>,
  { id, role, managerStatus, status }: NodeObservation,
): boolean =>
  role === 'MANAGER' && managerStatus === null && (status.state !== 'READY' || formerManagers.includes(id));

export const leaderOf = (cluster: Cluster): SeenNode | null =>
  [...cluster.nodes.values()].find(({ managerStatus }) => managerStatus?.leader) ?? null;

/** The first twelve digits: enough to tell two tokens apart, far too few to find one. */
export const fingerprintOf = (digest: string): string => digest.slice(0, 12);

/** What events and filters know of a cluster. */
export type ClusterScalars = {
  id: string;
  name: string;
  state: ClusterState;
  leader: string | null;
  managers: number;
  reachable: number;
  tolerates: number;
  autolock: boolean;
  specVersion: number;
  joinTokens: Record<TokenRole, string | null>;
  /** Fingerprint; null: autolock is off. */
  unlockKey: string | null;
  caDigest: string | null;
  rootRotationInProgress: boolean;
  watcher: { host: string | null; stale: boolean };
};

export const clusterScalars = (cluster: Cluster): ClusterScalars => {
  const { managers, reachable, tolerates } = quorumOfCluster(cluster);
  return {
    id: cluster.id,
    name: cluster.name,
    state: stateOf(cluster),
    leader: leaderOf(cluster)?.id ?? null,
    managers,
    reachable,
    tolerates,
    autolock: isAutolocked(cluster.swarm?.spec),
    specVersion: cluster.swarm?.version ?? 0,
    joinTokens: {
      WORKER: cluster.swarm && fingerprintOf(cluster.swarm.tokens.WORKER),
      MANAGER: cluster.swarm && fingerprintOf(cluster.swarm.tokens.MANAGER),
    },
    unlockKey: cluster.swarm?.unlockKeyDigest ? fingerprintOf(cluster.swarm.unlockKeyDigest) : null,
    caDigest: cluster.swarm?.caDigest ?? null,
    rootRotationInProgress: cluster.swarm?.rootRotationInProgress ?? false,
    watcher: { host: cluster.watchedThrough, stale: cluster.trouble !== null },
  };
};
