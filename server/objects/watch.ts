// One watcher a cluster of its services, networks, secrets and configs: reads on every hint and on a timer.
import { setTimeout as delay } from 'node:timers/promises';
import type { Clusters } from '../clusters/registry.ts';
import type { Notice } from '../hosts/agent-schema/builder.ts';
import type { Hosts } from '../hosts/registry.ts';
import { type Bell, createBell } from '../platform/bell.ts';
import type { Clock } from '../platform/clock.ts';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import { isObjectKind, type ObjectKind, objectKinds, type Told } from './object.ts';
import type { PublishObjects } from './publish.ts';
import type { ReadObjects } from './read.ts';

export type WatchObjects = {
  /** An agent heard something of its swarm's objects, or may have missed it. */
  notice(hostId: string, notice: Pick<Notice, 'gap' | 'objects'>): void;
  /** Told of a cluster after a change of its objects was published. */
  onChange(listener: (clusterId: string) => void): void;
  stop(): void;
};

/** `isMoving`: something of it is not yet as it is to be. */
type Look = { isTold: boolean; isMoving: boolean };
type Watched = { bell: Bell; named: Set<ObjectKind> };

/** Events come in bursts, one for each manager; one read answers them. */
const debounceMs = 50;
/** Tasks send no events: while a service's are not as they are to be, its counts move. Twice as long after each read without news. */
const unsettledMs = 1_000;
const movingStates: readonly unknown[] = ['updating', 'rollback_started'];

const isUnsettled = ({ runningTasks, desiredTasks, updateStatus }: Told): boolean =>
  runningTasks !== desiredTasks ||
  movingStates.includes((updateStatus as { state?: unknown } | null | undefined)?.state);

/** @param intervalMs between two reads without a hint. */
export const createWatchObjects = ({
  clusters,
  hosts,
  read,
  publish,
  intervalMs,
  clock,
  log,
}: {
  clusters: Clusters;
  hosts: Hosts;
  read: ReadObjects;
  publish: PublishObjects;
  intervalMs: number;
  clock: Clock;
  log: Log;
}): WatchObjects => {
  const stopping = new AbortController();
  const watched = new Map<string, Watched>();
  const listeners: ((clusterId: string) => void)[] = [];

  const look = async (clusterId: string, kind: ObjectKind): Promise<Look> => {
    const began = clock.now();
    try {
      const seen = await read(kind, clusterId);
      const isTold = await publish({ clusterId, kind, seen, began, ended: clock.now() });
      if (isTold) for (const listener of listeners) listener(clusterId);
      return { isTold, isMoving: kind === 'SERVICE' && seen.some(isUnsettled) };
    } catch (error) {
      // Nobody can be asked now, or no agent may tell: that is told where it is asked for.
      if (!(error instanceof Failure) && !stopping.signal.aborted)
        log.error(
          { err: error, cluster: clusterId, kind },
          'the objects of a cluster could not be published',
        );
      return { isTold: false, isMoving: false };
    }
  };

  const watch = async (clusterId: string, { bell, named }: Watched): Promise<void> => {
    let kinds: readonly ObjectKind[] = objectKinds;
    let allAt = Number.NEGATIVE_INFINITY;
    let soonMs = unsettledMs;
    while (!stopping.signal.aborted && clusters.find(clusterId)?.dissolvedAt === null) {
      // Listening before reading: what happens meanwhile is read again.
      const hint = new AbortController();
      const rung = bell.wait(intervalMs, AbortSignal.any([stopping.signal, hint.signal]));
      if (kinds.length === objectKinds.length) allAt = performance.now();
      const looks: Look[] = [];
      for (const kind of kinds) looks.push(await look(clusterId, kind));
      const isMoving = looks.some((one) => one.isMoving);
      soonMs = looks.some(({ isTold }) => isTold) ? unsettledMs : Math.min(2 * soonMs, intervalMs);
      const timer = isMoving ? setTimeout(() => hint.abort(), soonMs) : undefined;
      const isHinted = (await rung) === 'rung';
      clearTimeout(timer);
      if (isHinted) await delay(debounceMs);
      // What a hint missed is seen in time also where something always moves; a timer may end a moment early.
      if (performance.now() - allAt >= 0.9 * intervalMs) kinds = objectKinds;
      else kinds = isHinted ? [...named] : ['SERVICE'];
      named.clear();
    }
    watched.delete(clusterId);
  };

  const begin = (clusterId: string): void => {
    if (watched.has(clusterId)) return;
    const one: Watched = { bell: createBell(), named: new Set() };
    watched.set(clusterId, one);
    watch(clusterId, one).catch((error: unknown) =>
      log.error({ err: error, cluster: clusterId }, 'a watcher of objects ended'),
    );
  };

  for (const { id } of clusters.list()) begin(id);
  clusters.onChange(({ id }) => begin(id));
  return {
    notice: (hostId, { gap, objects }) => {
      const one = watched.get(hosts.find(hostId)?.report?.swarm?.clusterId ?? '');
      const kinds = gap ? objectKinds : (objects ?? []).filter(isObjectKind);
      if (!one || kinds.length === 0) return;
      for (const kind of kinds) one.named.add(kind);
      one.bell.ring();
    },
    onChange: (listener) => void listeners.push(listener),
    stop: () => stopping.abort(),
  };
};
