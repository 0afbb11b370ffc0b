// Ready, Down and Unknown: what the leader's dispatcher makes of heartbeats. One timer per change, none per heartbeat.
import { numberAt, objectAt } from './json-fields.ts';
import { type Cluster, engineOf, type SwarmNode, type World } from './model.ts';
import { setNodeState } from './nodes.ts';
import { seesLeader, workingLeader } from './quorum.ts';

/** Heartbeat periods until a silent node is Down, on average (grace is 3, the last beat was half a one ago). */
const DOWN_PERIODS = 2.5;
/** The same for a node that a new leader has not heard yet (swarmkit dispatcher: twice the grace). */
const UNKNOWN_PERIODS = 6;
const DEFAULT_PERIOD_MS = 5_000;
const FIRST_SIGN_MS = 600;

const periodMs = (cluster: Cluster): number =>
  numberAt(objectAt(cluster.spec, 'Dispatcher'), 'HeartbeatPeriod') / 1e6 || DEFAULT_PERIOD_MS;

const isHeard = (world: World, cluster: Cluster, node: SwarmNode): boolean => {
  const engine = engineOf(world, cluster, node.id);
  return engine?.membership?.state === 'active' && seesLeader(world, cluster, engine);
};

const schedule = (
  world: World,
  cluster: Cluster,
  node: SwarmNode,
  change: { state: 'ready' | 'down'; afterMs: number; message: string },
): void => {
  node.cancelStateChange?.();
  node.cancelStateChange = world.clock.after(change.afterMs, () => {
    node.cancelStateChange = undefined;
    // Without a leader nobody writes; the next leader judges all nodes anew.
    if (!workingLeader(world, cluster) || isHeard(world, cluster, node) !== (change.state === 'ready'))
      return;
    setNodeState(world, cluster, node, change.state, change.message);
  });
};

/** To be called when a node may have become silent, or may be back (`signAfterMs` from now). */
export const settleNode = (world: World, cluster: Cluster, node: SwarmNode, signAfterMs: number): void => {
  if (!isHeard(world, cluster, node)) {
    if (node.state !== 'ready' || node.cancelStateChange) return;
    schedule(world, cluster, node, {
      state: 'down',
      afterMs: DOWN_PERIODS * periodMs(cluster),
      message: 'heartbeat failure',
    });
  } else if (node.state === 'ready') {
    node.cancelStateChange?.();
    node.cancelStateChange = undefined;
  } else {
    schedule(world, cluster, node, { state: 'ready', afterMs: signAfterMs, message: '' });
  }
};

/** What a new leader does: every node that was not Down is Unknown until it speaks. */
export const settleAllNodes = (world: World, cluster: Cluster): void => {
  for (const node of cluster.nodes.values()) {
    if (node.state !== 'down') {
      setNodeState(
        world,
        cluster,
        node,
        'unknown',
        'Node moved to "unknown" state due to leadership change in cluster',
      );
    }
    if (isHeard(world, cluster, node)) {
      schedule(world, cluster, node, { state: 'ready', afterMs: FIRST_SIGN_MS, message: '' });
    } else if (node.state !== 'down') {
      schedule(world, cluster, node, {
        state: 'down',
        afterMs: UNKNOWN_PERIODS * periodMs(cluster),
        message: 'heartbeat failure for node in "unknown" state',
      });
    }
  }
};
