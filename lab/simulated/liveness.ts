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

type Change = { to: 'ready' | 'down'; afterMs: number; message: string };

const schedule = (world: World, cluster: Cluster, node: SwarmNode, change: Change): void => {
  const { to, afterMs, message } = change;
  node.stateChange?.cancel();
  const cancel = world.clock.after(afterMs, () => {
    node.stateChange = undefined;
    // Without a leader nobody writes. A new one judges all nodes anew; one that is back goes on where it was.
    if (!workingLeader(world, cluster))
      schedule(world, cluster, node, { ...change, afterMs: periodMs(cluster) });
    else if (isHeard(world, cluster, node) !== (to === 'ready'))
      settleNode(world, cluster, node, FIRST_SIGN_MS);
    else setNodeState(world, cluster, node, to, message);
  });
  node.stateChange = { to, cancel };
};

/** To be called when a node may have become silent, or may be back (`signAfterMs` from now). */
export const settleNode = (world: World, cluster: Cluster, node: SwarmNode, signAfterMs: number): void => {
  const to = isHeard(world, cluster, node) ? 'ready' : 'down';
  if (node.state === to) {
    node.stateChange?.cancel();
    node.stateChange = undefined;
  } else if (to === 'ready') {
    schedule(world, cluster, node, { to, afterMs: signAfterMs, message: '' });
  } else if (node.stateChange?.to !== 'down') {
    const afterMs = DOWN_PERIODS * periodMs(cluster);
    schedule(world, cluster, node, { to, afterMs, message: 'heartbeat failure' });
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
      schedule(world, cluster, node, { to: 'ready', afterMs: FIRST_SIGN_MS, message: '' });
    } else if (node.state !== 'down') {
      schedule(world, cluster, node, {
        to: 'down',
        afterMs: UNKNOWN_PERIODS * periodMs(cluster),
        message: 'heartbeat failure for node in "unknown" state',
      });
    }
  }
};
