// The world's own journal: every change that took effect, through which engine, whatever was answered or heard of it.
import { type Cluster, canTalk, type Engine, type SwarmNode, type World } from './model.ts';
import { isReachable } from './nodes.ts';
import { hasMajority, memberEngine } from './quorum.ts';

/** Of `raft` and `left`. */
export type QuorumEffect = {
  /** A majority of the members heard one another before, and did so after. */
  readonly before: boolean;
  readonly after: boolean;
  /** By what managers show of each other, which is late by seconds when one is cut off: there is a majority after. */
  readonly shown: boolean;
};

/** One change of a swarm as it really happened. */
export type Effect = {
  /** Counts from 1; the order in which the world changed. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Hostname of the engine that was asked; null for what the raft group did by itself. */
  readonly through: string | null;
  readonly cluster: string;
  /** Node id, or the cluster's id for its spec and tokens. */
  readonly subject: string;
  /** `role`, `availability`, `labels.<key>`, `listed`, `joined`, `left`, `raft`, `token.worker`, `token.manager`, `spec`. */
  readonly path: string;
  readonly old: unknown;
  readonly new: unknown;
  readonly quorum?: QuorumEffect;
};

const kept = 200_000;

/** Writes one effect down. */
export const noteEffect = (world: World, effect: Omit<Effect, 'seq' | 'at'>): void => {
  world.effects.push({ seq: (world.effects.at(-1)?.seq ?? 0) + 1, at: Date.now(), ...effect });
  if (world.effects.length > kept) world.effects.shift();
};

/** Writes down what differs between the spec that was and the one that is. */
export const noteSpec = (
  world: World,
  engine: Engine,
  cluster: Cluster,
  old: SwarmNode['spec'],
  node: SwarmNode,
): void => {
  const about = { through: engine.hostname, cluster: cluster.id, subject: node.id };
  if (old.Role !== node.spec.Role)
    noteEffect(world, { ...about, path: 'role', old: old.Role, new: node.spec.Role });
  if (old.Availability !== node.spec.Availability)
    noteEffect(world, { ...about, path: 'availability', old: old.Availability, new: node.spec.Availability });
  for (const key of new Set([...Object.keys(old.Labels), ...Object.keys(node.spec.Labels)])) {
    const [before, after] = [old.Labels[key] ?? null, node.spec.Labels[key] ?? null];
    if (before !== after) noteEffect(world, { ...about, path: `labels.${key}`, old: before, new: after });
  }
};

/** Whether more than half of the raft members hear one another now. */
const isQuorate = (world: World, cluster: Cluster): boolean =>
  [...cluster.members].some((id) => {
    const engine = memberEngine(world, cluster, id);
    return engine !== undefined && canTalk(engine, engine) && hasMajority(world, cluster, engine);
  });

/** Makes a change, and says what that did to the majority. */
export const quorumAround = (world: World, cluster: Cluster, change: () => void): QuorumEffect => {
  const before = isQuorate(world, cluster);
  change();
  const reachable = [...cluster.members].filter((id) => isReachable(world, cluster, id)).length;
  return { before, after: isQuorate(world, cluster), shown: reachable * 2 > cluster.members.size };
};

/** Changes the raft group, and writes down what that did to its majority. */
export const changeRaft = (
  world: World,
  cluster: Cluster,
  nodeId: string,
  change: 'enter' | 'leave',
): void => {
  const quorum = quorumAround(world, cluster, () => {
    if (change === 'enter') cluster.members.add(nodeId);
    else cluster.members.delete(nodeId);
  });
  noteEffect(world, {
    through: null,
    cluster: cluster.id,
    subject: nodeId,
    path: 'raft',
    old: change === 'leave',
    new: change === 'enter',
    quorum,
  });
};
