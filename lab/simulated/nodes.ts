// The nodes of a swarm as objects: creating them, changing them with the events that follow, and their JSON.
import { publish } from './events.ts';
import { goTime } from './identifiers.ts';
import type { JsonObject } from './json-fields.ts';
import {
  type Cluster,
  type Engine,
  engineOf,
  type NodeSpec,
  type NodeState,
  type SwarmNode,
  touch,
  type World,
} from './model.ts';
import { reschedule } from './schedule.ts';

/** Model time after which the leader counts a silent manager as unreachable: killed, or frozen or cut off. */
const UNREACHABLE_MS = { stopped: 500, silent: 2_400 };

/** `name` of a node's events: the free-text name of the spec, else the hostname. */
const eventName = (node: SwarmNode): string => node.spec.Name || node.hostname;

/** Writes a change of a node: raises its version and emits `update`. */
export const writeNode = (
  world: World,
  cluster: Cluster,
  node: SwarmNode,
  attributes: Readonly<Record<string, string>> = {},
): void => {
  const timeNano = touch(world, cluster, node);
  publish(world, cluster, {
    type: 'node',
    action: 'update',
    id: node.id,
    attributes: { name: eventName(node), ...attributes },
    timeNano,
  });
};

/** Sets `Status.State`, if it differs. */
export const setNodeState = (
  world: World,
  cluster: Cluster,
  node: SwarmNode,
  state: NodeState,
  message = '',
): void => {
  node.stateChange?.cancel();
  node.stateChange = undefined;
  node.message = message;
  if (node.state === state) return;
  const old = node.state;
  node.state = state;
  writeNode(world, cluster, node, { 'state.new': state, 'state.old': old });
  reschedule(world, cluster);
};

/** Adds a node for an engine; its events come in the order that a real join shows, the name last. */
export const addNode = (
  world: World,
  cluster: Cluster,
  engine: Engine,
  { id, address, spec }: { id: string; address: string; spec: NodeSpec },
): SwarmNode => {
  const nano = world.nano();
  const node: SwarmNode = {
    id,
    createdAt: goTime(nano),
    updatedAt: goTime(nano),
    versionIndex: ++cluster.index,
    spec,
    observedRole: spec.Role,
    membershipPending: false,
    hostname: '',
    address,
    profile: engine.profile,
    engineLabels: engine.labels,
    ca: cluster.nextCa ?? cluster.ca,
    state: 'unknown',
    message: '',
    demotedAtMs: Number.NEGATIVE_INFINITY,
    stateChange: undefined,
    cancelRoleChange: undefined,
  };
  cluster.nodes.set(id, node);
  world.engineOfNode.set(id, engine);
  publish(world, cluster, { type: 'node', action: 'create', id, attributes: { name: '' }, timeNano: nano });
  for (let update = 0; update < 3; update += 1) writeNode(world, cluster, node);
  node.hostname = engine.hostname;
  setNodeState(world, cluster, node, 'ready');
  return node;
};

/** Takes a node out of the swarm's list. Its engine does not notice. */
export const removeNode = (world: World, cluster: Cluster, node: SwarmNode): void => {
  node.stateChange?.cancel();
  node.cancelRoleChange?.();
  cluster.nodes.delete(node.id);
  publish(world, cluster, {
    type: 'node',
    action: 'remove',
    id: node.id,
    attributes: { name: eventName(node) },
    timeNano: world.nano(),
  });
};

/** True while the leader hears this raft member. */
export const isReachable = (world: World, cluster: Cluster, nodeId: string): boolean => {
  const engine = engineOf(world, cluster, nodeId);
  if (!engine?.membership || engine.membership.state === 'locked') return false;
  const now = world.clock.nowMs();
  // A raft group of one needs no cable.
  if (engine.process === 'running' && cluster.members.size === 1) return cluster.members.has(nodeId);
  if (engine.process === 'running' && engine.cable === 'in') return now >= engine.reachableFromMs;
  if (now < engine.reachableFromMs) return false;
  return (
    now < engine.changedAtMs + (engine.process === 'stopped' ? UNREACHABLE_MS.stopped : UNREACHABLE_MS.silent)
  );
};

/** GET /nodes/{id}. */
export const nodeJson = (world: World, cluster: Cluster, node: SwarmNode): JsonObject => ({
  ID: node.id,
  Version: { Index: node.versionIndex },
  CreatedAt: node.createdAt,
  UpdatedAt: node.updatedAt,
  Spec: {
    ...(node.spec.Name ? { Name: node.spec.Name } : {}),
    Labels: node.spec.Labels,
    Role: node.spec.Role,
    Availability: node.spec.Availability,
  },
  Description: {
    Hostname: node.hostname,
    Platform: { Architecture: 'x86_64', OS: 'linux' },
    Resources: { NanoCPUs: 2_000_000_000, MemoryBytes: 25_000_000_000 },
    Engine: {
      EngineVersion: node.profile.version,
      ...(Object.keys(node.engineLabels).length > 0 ? { Labels: node.engineLabels } : {}),
      Plugins: [
        ...node.profile.logPlugins.map((name) => ({ Type: 'Log', Name: name })),
        ...['bridge', 'host', 'ipvlan', 'macvlan', 'null', 'overlay'].map((name) => ({
          Type: 'Network',
          Name: name,
        })),
        { Type: 'Volume', Name: 'local' },
      ],
    },
    TLSInfo: {
      TrustRoot: cluster.ca.trustRoot,
      CertIssuerSubject: node.ca.issuerSubject,
      CertIssuerPublicKey: node.ca.issuerPublicKey,
    },
  },
  Status: { State: node.state, ...(node.message ? { Message: node.message } : {}), Addr: node.address },
  ...(cluster.members.has(node.id)
    ? {
        ManagerStatus: {
          ...(cluster.leader === node.id ? { Leader: true } : {}),
          Reachability: isReachable(world, cluster, node.id) ? 'reachable' : 'unreachable',
          Addr: `${node.address}:2377`,
        },
      }
    : {}),
});
