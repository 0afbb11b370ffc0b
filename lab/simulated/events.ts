// The engine's event stream: a ring of 256 in each engine's memory and the swarm's events that managers emit.
import { type Cluster, type Engine, engineOf, type World } from './model.ts';

/** One event, shaped like GET /events. */
export type SwarmEvent = {
  readonly type: string;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly timeNano: bigint;
};

/** The events of one engine. */
export type EventFeed = {
  push(event: SwarmEvent): void;
  /** What the ring holds, oldest first. */
  recent(): readonly SwarmEvent[];
  /** The result ends the subscription. */
  subscribe(listener: (event: SwarmEvent) => void): () => void;
  /** Holds events back: the engine is frozen or cut off. */
  hold(): void;
  /** From now on events come to nobody, and are forgotten; false ends it. */
  lose(isLosing: boolean): void;
  /** Delivers what was held back. */
  release(): void;
  /** What a restart of the daemon forgets: all of it. */
  forget(): void;
};

/** Size of moby's ring, for events of all types together (daemon/events). */
const RING = 256;
/** How many old events a worker that becomes a manager repeats. */
const REPLAYED = 12;

/** Creates an empty feed. */
export const createEventFeed = (): EventFeed => {
  let ring: SwarmEvent[] = [];
  let held: SwarmEvent[] | undefined;
  let losing = false;
  const listeners = new Set<(event: SwarmEvent) => void>();
  const deliver = (event: SwarmEvent): void => {
    ring.push(event);
    if (ring.length > RING) ring.shift();
    for (const listener of listeners) listener(event);
  };
  return {
    push: (event) => {
      if (losing) return;
      if (held) held.push(event);
      else deliver(event);
    },
    recent: () => ring,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    hold: () => {
      held ??= [];
    },
    lose: (isLosing) => {
      losing = isLosing;
    },
    release: () => {
      const late = held ?? [];
      held = undefined;
      for (const event of late) deliver(event);
    },
    forget: () => {
      ring = [];
      held = undefined;
    },
  };
};

/** Emits a swarm event on every manager; workers stay silent. */
export const publish = (world: World, cluster: Cluster, event: SwarmEvent): void => {
  cluster.log.push(event);
  if (cluster.log.length > RING) cluster.log.shift();
  for (const nodeId of cluster.members) {
    const engine = engineOf(world, cluster, nodeId);
    // A stopped engine keeps its place in the raft group but learns of this from the log, without an event.
    if (engine?.membership?.controlAvailable && engine.process !== 'stopped') engine.feed.push(event);
  }
};

/** What a fresh manager's stream starts with: old events from the raft log, with old times and empty names. */
export const replayLog = (cluster: Cluster, engine: Engine): void => {
  for (const event of cluster.log.slice(-REPLAYED)) {
    engine.feed.push({ ...event, attributes: { ...event.attributes, name: '' } });
  }
};

/** The line that goes over the wire. The time has more digits than a JavaScript number holds. */
export const eventLine = (event: SwarmEvent): string => {
  const head = JSON.stringify({
    Type: event.type,
    Action: event.action,
    Actor: { ID: event.id, Attributes: Object.fromEntries(Object.entries(event.attributes).sort()) },
    scope: 'swarm',
  });
  return `${head.slice(0, -1)},"time":${event.timeNano / 1_000_000_000n},"timeNano":${event.timeNano}}\n`;
};
