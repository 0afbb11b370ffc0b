// The world's own journal: every change that took effect, through which engine, whatever was answered or heard of it.
import { type Cluster, canTalk, type Engine, type SwarmNode, type World } from './model.ts';
import { hasMajority, memberEngine } from './quorum.ts';

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
  /** For `raft` and `left`: a majority of the members heard one another before, and did so after. */
  readonly quorum?: { readonly before: boolean; readonly after: boolean };
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
export const isQuorate = (world: World, cluster: Cluster): boolean =>
  [...cluster.members].some((id) => {
    const engine = memberEngine(world, cluster, id);
    return engine !== undefined && canTalk(engine, engine) && hasMajority(world, cluster, engine);
  });

/** Changes the raft group, and writes down what that did to its majority. */
export const changeRaft = (
  world: World,
  cluster: Cluster,
  nodeId: string,
  change: 'enter' | 'leave',
): void => {
  const before = isQuorate(world, cluster);
  if (change === 'enter') cluster.members.add(nodeId);
  else cluster.members.delete(nodeId);
  noteEffect(world, {
    through: null,
    cluster: cluster.id,
    subject: nodeId,
    path: 'raft',
    old: change === 'leave',
    new: change === 'enter',
    quorum: { before, after: isQuorate(world, cluster) },
  });
};
