// What exists in a simulated world: engines, swarms, nodes. Plain data; the rules live in the neighbouring files.
import type { CertificateAuthority } from './certificate-authority.ts';
import type { WorldClock } from './clock.ts';
import type { Effect } from './effects.ts';
import type { EngineProfile, EngineVersion } from './engine-versions.ts';
import type { EventFeed, SwarmEvent } from './events.ts';
import { goTime } from './identifiers.ts';
import type { JsonObject } from './json-fields.ts';

/** A role, desired or observed. */
export type Role = 'worker' | 'manager';
/** Whether a node takes tasks. */
export type Availability = 'active' | 'pause' | 'drain';
/** `Status.State` of a node. */
export type NodeState = 'unknown' | 'down' | 'ready';

/** `Spec` of a node. */
export type NodeSpec = {
  Name?: string;
  Labels: Record<string, string>;
  Role: Role;
  Availability: Availability;
};

/** A member of a swarm, as the managers know it. */
export type SwarmNode = {
  readonly id: string;
  readonly createdAt: string;
  updatedAt: string;
  versionIndex: number;
  spec: NodeSpec;
  /** Set by the leader once the change of role is done (swarmkit's Node.Role). */
  observedRole: Role;
  /** Membership falls to `pending` with any update by the API: moby does not send the field. */
  membershipPending: boolean;
  hostname: string;
  readonly address: string;
  readonly profile: EngineProfile;
  readonly engineLabels: Readonly<Record<string, string>>;
  /** Whose certificate it has. */
  ca: CertificateAuthority;
  state: NodeState;
  message: string;
  /** Model time of the last demotion; a promotion soon after is slow. */
  demotedAtMs: number;
  /** The change of state that is due. */
  stateChange: { readonly to: NodeState; cancel(): void } | undefined;
  /** Cancels the role change that is due. */
  cancelRoleChange: (() => void) | undefined;
};

/** A task of a service. */
export type Task = {
  readonly id: string;
  readonly createdAt: string;
  updatedAt: string;
  versionIndex: number;
  readonly serviceId: string;
  /** 0 for a global service. */
  readonly slot: number;
  readonly spec: JsonObject;
  nodeId: string | undefined;
  state: string;
  message: string;
  error: string;
  stateAt: string;
  desiredState: 'running' | 'shutdown' | 'remove';
};

/** A service. */
export type Service = {
  readonly id: string;
  readonly createdAt: string;
  updatedAt: string;
  versionIndex: number;
  spec: JsonObject;
  previousSpec: JsonObject | undefined;
  updateStatus: JsonObject | undefined;
  /** Counts the updates: what followed an earlier one ends. */
  updateStep: number;
  /** An update failed, and its tasks stay as they are. */
  isPaused: boolean;
};

/** A secret or a config. */
export type KeptObject = {
  readonly id: string;
  readonly versionIndex: number;
  readonly createdAt: string;
  readonly spec: JsonObject;
};

/** A network of a swarm. */
export type SwarmNetwork = {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  /** As it was asked for. */
  readonly body: JsonObject;
  /** None until addresses were given out, and for ever where they overlap others. */
  subnets: readonly { readonly Subnet: string; readonly Gateway: string }[] | undefined;
};

/** One swarm: the state that its managers agree on. A fork (`ForceNewCluster`) is another one with the same id. */
export type Cluster = {
  readonly id: string;
  readonly createdAt: string;
  updatedAt: string;
  versionIndex: number;
  /** The last raft index handed out. */
  index: number;
  spec: JsonObject;
  secrets: Record<Role, string>;
  ca: CertificateAuthority;
  /** While the root is rotated, the new one: it signs already, the old one still is trusted. */
  nextCa: CertificateAuthority | undefined;
  cancelRotation: (() => void) | undefined;
  /** Empty while autolock is off. */
  unlockKey: string;
  readonly defaultAddrPool: readonly string[];
  readonly subnetSize: number;
  readonly dataPathPort: number;
  readonly nodes: Map<string, SwarmNode>;
  readonly services: Map<string, Service>;
  readonly tasks: Map<string, Task>;
  readonly networks: Map<string, SwarmNetwork>;
  readonly keptSecrets: Map<string, KeptObject>;
  readonly keptConfigs: Map<string, KeptObject>;
  /** Node ids of the raft members. */
  readonly members: Set<string>;
  /** Node id of the leader. */
  leader: string | undefined;
  cancelElection: (() => void) | undefined;
  /** Until then writes wait: the second raft member catches up. */
  writesWaitUntilMs: number;
  secondMemberAtMs: number;
  /** The latest events: a new manager replays the tail of the raft log. */
  readonly log: SwarmEvent[];
  /** The fork that superseded this state. */
  successor: Cluster | undefined;
};

/** What an engine knows of its own swarm. */
export type Membership = {
  state: 'pending' | 'active' | 'locked';
  /** What it was locked with: a key that was rotated while it was away does not open it. */
  lockedWith: string;
  /** Unlocked, and it has not met a leader since. */
  unlocking: boolean;
  readonly nodeId: string;
  cluster: Cluster;
  /** The role of the node's own certificate. */
  role: Role;
  controlAvailable: boolean;
  /** Model time since when this manager has had no leader. */
  leaderLostAtMs: number | undefined;
  /** It led when the leader was lost: such a one still answers reads for a while. */
  ledBefore: boolean;
  /** A demoted and removed manager that came back: it never recovers. */
  stranded: boolean;
  /** Was a manager of the state before a `ForceNewCluster`: the new one takes it as a worker and leaves it at that. */
  superseded: boolean;
  readonly listenAddr: string;
  /** Until then cluster calls fail: a demoted leader's control socket is being replaced. */
  handoverUntilMs: number;
};

/** A join that the engine goes on trying. */
export type PendingJoin = { readonly remote: string; stop: () => void };

/** One machine with its engine. */
export type Engine = {
  readonly index: number;
  readonly hostname: string;
  readonly address: string;
  readonly socketPath: string;
  readonly id: string;
  readonly release: EngineVersion;
  readonly profile: EngineProfile;
  readonly labels: Readonly<Record<string, string>>;
  process: 'running' | 'paused' | 'stopped';
  powered: boolean;
  cable: 'in' | 'cut';
  /** Model time of the last change of process or cable. */
  changedAtMs: number;
  /** From this model time on the leader counts it as reachable again. */
  reachableFromMs: number;
  /** Counts the crashes: what a call was about to do dies with the process. */
  epoch: number;
  membership: Membership | undefined;
  pendingJoin: PendingJoin | undefined;
  /** A fault: the one address through which it enters a raft group. */
  onlyWayIn: string | undefined;
  /** A fault: for how long the managers put its demotions off. */
  putOffMs: number;
  /** Why its last start as a manager failed; it goes on trying. */
  startError: string;
  readonly feed: EventFeed;
  /** Names of running containers that belong to no task. */
  readonly containers: Set<string>;
};

/** What the rules act on. */
export type World = {
  readonly clock: WorldClock;
  readonly nano: () => bigint;
  readonly engines: Set<Engine>;
  readonly engineOfNode: Map<string, Engine>;
  readonly clusters: Set<Cluster>;
  /** What took effect, oldest first. */
  readonly effects: Effect[];
  /** Called back once at the next change of who can reach whom or who leads. */
  readonly waiters: Set<() => void>;
  readonly log: (message: string, fields: JsonObject) => void;
};

/** The engine that runs this node now, in this very state of the swarm. */
export const engineOf = (world: World, cluster: Cluster, nodeId: string): Engine | undefined => {
  const engine = world.engineOfNode.get(nodeId);
  return engine?.membership?.nodeId === nodeId && engine.membership.cluster === cluster ? engine : undefined;
};

/** True when packets pass between two machines with a running engine. */
export const canTalk = (one: Engine, other: Engine): boolean =>
  one.process === 'running' &&
  other.process === 'running' &&
  (one === other || (one.cable === 'in' && other.cable === 'in'));

/** Marks an object as written: the next raft index and the time. */
export const touch = (
  world: World,
  cluster: Cluster,
  item: { versionIndex: number; updatedAt: string },
): bigint => {
  const nano = world.nano();
  cluster.index += 1;
  item.versionIndex = cluster.index;
  item.updatedAt = goTime(nano);
  return nano;
};
