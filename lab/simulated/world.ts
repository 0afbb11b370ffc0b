// A world of simulated machines: create it, add engines, break them. The entry of this folder.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { LabHost } from '../host.ts';
import { createWorldClock } from './clock.ts';
import type { Effect } from './effects.ts';
import { type EngineVersion, engineProfile } from './engine-versions.ts';
import { createEventFeed } from './events.ts';
import { createFaults, type FaultRule } from './faults.ts';
import { type CallRecord, createEngineServer } from './http-server.ts';
import { createNanoClock } from './identifiers.ts';
import type { JsonObject } from './json-fields.ts';
import { locksAtStart, settleReturn, settleSilence } from './machine.ts';
import type { Availability, Engine, NodeState, Role, World } from './model.ts';
import { isReachable } from './nodes.ts';

const KEPT_CALLS = 1_000;
/** Between an engine's end and its next start; real ones take longer. */
const awayMs = 200;

/** A simulated machine: a `LabHost` that also takes faults by name. */
export type SimulatedEngine = LabHost & {
  readonly version: EngineVersion;
  /** Puts a fault on calls of this engine; several add up, the first that fits counts. */
  fault(rule: FaultRule): void;
  clearFaults(): void;
  /** How many calls the faults with `times` will still hit. */
  faultsLeft(): number;
  /** From now on it enters a raft group through this address alone, as real engines do at times (20.10). */
  knowOneWayIn(address: string): void;
  /** From now on the managers take its demotions and carry them out that much later, as when a majority is at stake. */
  putOffDemotions(ms: number): void;
  /** Its event stream tells nothing of what happens, until `false`. */
  loseEvents(isLosing: boolean): void;
  /** Emits so many events at once that say nothing: updates of a node of its swarm. */
  stormEvents(count: number): void;
  /** Runs a container that belongs to no task, as `docker run` does. */
  runContainer(name: string): void;
  /** The latest 1,000 answered calls, oldest first. */
  calls(): readonly CallRecord[];
};

/** One swarm as it really is, whatever any engine says of it. */
export type TrueCluster = {
  readonly id: string;
  /** Node id; undefined before the first. */
  readonly leader: string | undefined;
  readonly nodes: readonly {
    readonly id: string;
    readonly hostname: string;
    readonly role: Role;
    readonly isRaftMember: boolean;
    readonly isReachable: boolean;
    readonly availability: Availability;
    readonly state: NodeState;
    readonly labels: Readonly<Record<string, string>>;
  }[];
};

/** What `addEngine` needs. */
export type EngineOptions = {
  readonly hostname: string;
  /** IPv4 address, unique in this world. */
  readonly address: string;
  readonly socketPath: string;
  readonly version?: EngineVersion;
  /** Engine labels (daemon.json). */
  readonly labels?: Readonly<Record<string, string>>;
};

/** A running world. */
export type SimulatedWorld = {
  /** Settles when the socket listens. */
  addEngine(options: EngineOptions): Promise<SimulatedEngine>;
  engines(): readonly SimulatedEngine[];
  clusters(): readonly TrueCluster[];
  /** Every change that took effect, oldest first; the latest 200,000. */
  effects(): readonly Effect[];
  /** Closes all sockets and stops time. */
  close(): Promise<void>;
};

const createEngine = (options: EngineOptions, index: number, version: EngineVersion): Engine => ({
  index,
  hostname: options.hostname,
  address: options.address,
  socketPath: options.socketPath,
  id: randomUUID(),
  release: version,
  profile: engineProfile(version),
  labels: options.labels ?? {},
  process: 'stopped',
  powered: true,
  cable: 'in',
  changedAtMs: 0,
  reachableFromMs: 0,
  epoch: 0,
  membership: undefined,
  pendingJoin: undefined,
  onlyWayIn: undefined,
  putOffMs: 0,
  startError: '',
  feed: createEventFeed(),
  containers: new Set(),
});

const createHost = (world: World, engine: Engine, forget: () => void): SimulatedEngine => {
  const faults = createFaults();
  const calls: CallRecord[] = [];
  const server = createEngineServer({
    world,
    engine,
    faults,
    onAnswer: (call) => {
      calls.push(call);
      if (calls.length > KEPT_CALLS) calls.shift();
    },
  });
  const fallSilent = (change: () => void): void => {
    change();
    engine.changedAtMs = world.clock.nowMs();
    if (engine.membership) settleSilence(world, engine.membership);
  };
  const stop = async (how: 'crash' | 'clean'): Promise<void> => {
    if (engine.process === 'stopped') return;
    fallSilent(() => {
      engine.process = 'stopped';
      engine.epoch += 1;
      engine.feed.forget();
      if (engine.membership && locksAtStart(engine.membership)) {
        engine.membership.state = 'locked';
        engine.membership.lockedWith = engine.membership.cluster.unlockKey;
        engine.membership.controlAvailable = false;
        engine.membership.unlocking = false;
      }
    });
    await server.close(how);
    // No engine is back at once: whoever looks meanwhile finds none.
    await delay(awayMs);
  };
  return {
    index: engine.index,
    hostname: engine.hostname,
    address: engine.address,
    socketPath: engine.socketPath,
    version: engine.release,
    kill9: () => stop('crash'),
    stop: () => stop('clean'),
    powerOff: async () => {
      engine.powered = false;
      await stop('crash');
    },
    start: async () => {
      if (engine.process !== 'stopped') return;
      await server.listen();
      engine.process = 'running';
      engine.powered = true;
      settleReturn(world, engine, 'start');
    },
    pause: async () => {
      if (engine.process !== 'running') return;
      engine.feed.hold();
      fallSilent(() => {
        engine.process = 'paused';
      });
    },
    resume: async () => {
      if (engine.process !== 'paused') return;
      engine.process = 'running';
      if (engine.cable === 'in') engine.feed.release();
      settleReturn(world, engine, 'resume');
      server.thaw();
    },
    cut: async () => {
      if (engine.cable === 'cut') return;
      engine.feed.hold();
      fallSilent(() => {
        engine.cable = 'cut';
      });
    },
    heal: async () => {
      if (engine.cable === 'in') return;
      engine.cable = 'in';
      if (engine.process !== 'paused') engine.feed.release();
      settleReturn(world, engine, 'heal');
    },
    ready: async () => {
      if (engine.process !== 'running')
        throw new Error(`${engine.hostname} does not answer: it is ${engine.process}`);
    },
    down: async () => {
      await stop('clean');
      forget();
    },
    fault: faults.add,
    clearFaults: faults.clear,
    faultsLeft: faults.left,
    knowOneWayIn: (address) => {
      engine.onlyWayIn = address;
    },
    putOffDemotions: (ms) => {
      engine.putOffMs = ms;
    },
    loseEvents: (isLosing) => engine.feed.lose(isLosing),
    stormEvents: (count) => {
      const node = engine.membership?.cluster.nodes.get(engine.membership.nodeId);
      if (!node || engine.process !== 'running') return;
      const event = { type: 'node', action: 'update', id: node.id, attributes: { name: node.hostname } };
      for (let n = 0; n < count; n += 1) engine.feed.push({ ...event, timeNano: world.nano() });
    },
    runContainer: (name) => void engine.containers.add(name),
    calls: () => calls,
  };
};

/**
 * Begins an empty world.
 * @param options.version - of engines that name none; default `28.5`
 * @param options.speed - divides all durations of the model; default 1, the pace of real engines
 */
export const createWorld = ({
  version = '28.5',
  speed = 1,
  log = () => {},
}: {
  version?: EngineVersion;
  speed?: number;
  log?: (message: string, fields: JsonObject) => void;
} = {}): SimulatedWorld => {
  const world: World = {
    clock: createWorldClock(speed),
    nano: createNanoClock(),
    engines: new Set(),
    engineOfNode: new Map(),
    clusters: new Set(),
    effects: [],
    waiters: new Set(),
    log,
  };
  const hosts = new Set<SimulatedEngine>();
  let added = 0;
  return {
    addEngine: async (options) => {
      added += 1;
      const engine = createEngine(options, added, options.version ?? version);
      world.engines.add(engine);
      const host = createHost(world, engine, () => {
        world.engines.delete(engine);
        hosts.delete(host);
      });
      hosts.add(host);
      await host.start();
      return host;
    },
    engines: () => [...hosts],
    clusters: () =>
      [...world.clusters].map((cluster) => ({
        id: cluster.id,
        leader: cluster.leader,
        nodes: [...cluster.nodes.values()].map((node) => ({
          id: node.id,
          hostname: node.hostname,
          role: node.spec.Role,
          isRaftMember: cluster.members.has(node.id),
          isReachable: isReachable(world, cluster, node.id),
          availability: node.spec.Availability,
          state: node.state,
          labels: node.spec.Labels,
        })),
      })),
    effects: () => world.effects,
    close: async () => {
      world.clock.stop();
      await Promise.all([...hosts].map((host) => host.down()));
      world.clock.stop();
    },
  };
};
