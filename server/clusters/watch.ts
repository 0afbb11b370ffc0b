// One watcher a cluster: reads on every hint and on a timer, so that what the engine's lossy events miss is seen too.
import { setTimeout as delay } from 'node:timers/promises';
import type { Notice } from '../hosts/agent-schema/builder.ts';
import type { Hosts } from '../hosts/registry.ts';
import { type Bell, createBell } from '../platform/bell.ts';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import type { ReadCluster } from './read.ts';
import type { Clusters } from './registry.ts';

export type Watch = {
  /** An agent heard something of its swarm. Resolves when what it read by itself is published. */
  notice(hostId: string, notice: Notice): Promise<void>;
  stop(): void;
};

/** Events come in bursts of a few milliseconds; one read answers them all. */
const debounceMs = 5;
/** What the event told of is published already: a read looks soon whether anything else is new. */
const afterSeenMs = 250;

/** @param intervalMs between two reads without a hint: leader, reachability and tokens send no events. */
export const createWatch = ({
  clusters,
  hosts,
  read,
  intervalMs,
  log,
}: {
  clusters: Clusters;
  hosts: Hosts;
  read: ReadCluster;
  intervalMs: number;
  log: Log;
}): Watch => {
  const stopping = new AbortController();
  const hints = new Map<string, Bell>();
  const later = new Map<string, NodeJS.Timeout>();

  const watch = async (clusterId: string, bell: Bell): Promise<void> => {
    while (!stopping.signal.aborted && clusters.find(clusterId)?.dissolvedAt === null) {
      // Listening before reading: what happens meanwhile is read again.
      const hint = bell.wait(intervalMs, stopping.signal);
      await read.fresh(clusterId).catch((error: unknown) => {
        if (!(error instanceof Failure))
          log.error({ err: error, cluster: clusterId }, 'the watcher could not read');
      });
      if ((await hint) === 'rung') await delay(debounceMs);
    }
    hints.delete(clusterId);
  };

  const begin = (clusterId: string): void => {
    if (hints.has(clusterId)) return;
    const bell = createBell();
    hints.set(clusterId, bell);
    watch(clusterId, bell).catch((error: unknown) =>
      log.error({ err: error, cluster: clusterId }, 'a watcher ended'),
    );
  };

  const hint = (clusterId: string | null | undefined): void => {
    if (!clusterId) return;
    clearTimeout(later.get(clusterId));
    later.delete(clusterId);
    hints.get(clusterId)?.ring();
  };
  const hintLater = (clusterId: string): void => {
    if (!later.has(clusterId))
      later.set(
        clusterId,
        setTimeout(() => hint(clusterId), afterSeenMs),
      );
  };

  for (const { id } of clusters.list()) begin(id);
  clusters.onChange(({ id }) => begin(id));
  hosts.onChange((host, before) => {
    const isSame = before?.report === host.report && before?.membership === host.membership;
    // That a worker's agent came or went says nothing of its cluster; a thousand of them would have it read again and again.
    if (isSame && !host.report?.swarm?.controlAvailable) return;
    hint(host.report?.swarm?.clusterId);
    hint(host.membership?.clusterId);
  });
  return {
    notice: async (hostId, { gap, seen, nodes, objects }) => {
      // Of services and the like: nothing that is watched here.
      if (!gap && nodes.length === 0 && objects && objects.length > 0) return;
      const clusterId = hosts.find(hostId)?.report?.swarm?.clusterId;
      if (!clusterId) return;
      const isTold = !gap && seen && seen.length > 0 && (await read.seen(clusterId, hostId, seen));
      if (isTold) hintLater(clusterId);
      else hint(clusterId);
    },
    stop: () => {
      stopping.abort();
      for (const timer of later.values()) clearTimeout(timer);
    },
  };
};
