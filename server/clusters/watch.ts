// One watcher a cluster: reads on every hint and on a timer, so that what the engine's lossy events miss is seen too.
import { setTimeout as delay } from 'node:timers/promises';
import type { Hosts } from '../hosts/registry.ts';
import { type Bell, createBell } from '../platform/bell.ts';
import { Failure } from '../platform/failure.ts';
import type { Log } from '../platform/log.ts';
import type { ReadCluster } from './read.ts';
import type { Clusters } from './registry.ts';

export type Watch = {
  /** An agent heard something of its swarm. */
  notice(hostId: string): void;
  stop(): void;
};

/** Events come in bursts of a few milliseconds; one read answers them all. */
const debounceMs = 5;

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
    if (clusterId) hints.get(clusterId)?.ring();
  };

  for (const { id } of clusters.list()) begin(id);
  clusters.onChange(({ id }) => begin(id));
  hosts.onChange((host) => {
    hint(host.report?.swarm?.clusterId);
    hint(host.membership?.clusterId);
  });
  return {
    notice: (hostId) => {
      const host = hosts.find(hostId);
      hint(host?.report?.swarm?.clusterId);
    },
    stop: () => stopping.abort(),
  };
};
